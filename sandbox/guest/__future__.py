annotations = division = print_function = absolute_import = generator_stop = True
