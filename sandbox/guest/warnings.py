def warn(*args, **options):
    pass


filterwarnings = simplefilter = warn
