DEBUG, INFO, WARNING, ERROR = 10, 20, 30, 40


def nothing(*args, **options):
    pass


debug = info = warning = error = exception = basicConfig = nothing


class Logger:
    def __getattr__(self, name):
        return nothing


def getLogger(name=None):
    return Logger()
