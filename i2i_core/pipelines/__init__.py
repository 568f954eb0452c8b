"""Each use of the methods as one call: inputs prepared, the method run, the result finished."""
