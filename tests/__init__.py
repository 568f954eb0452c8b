"""The tests: core and demos mirror the packages; contract holds what all methods and files owe."""
