# make app: set up and open the page.  make test: set up and run the tests.  make check: all of it.
# SMALL=1 leaves torchvision and timm out (for PyTorch's CPU build).  ARGS are passed to pytest.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
REQUIREMENTS := $(if $(SMALL),requirements-small.txt,requirements.txt)

.PHONY: app test check tree space clean

app: $(VENV)/.app
	$(BIN)/python app.py

test: $(VENV)/.dev
	$(BIN)/python -m pytest $(ARGS)

# The checkers have the versions of CI, so that they say the same; Gradio's stubs of components are
# made anew by it and would hide the sources from mypy.
check: $(VENV)/.dev
	find demos -name '*.pyi' -delete
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest $(ARGS)

# The tree of files in the README, from the files' own first sentences.
tree: $(VENV)/.app
	$(BIN)/python -m tests.contract.tree

# A folder to push as a Hugging Face Space: what is committed, with the Space's own versions.
space:
	rm -rf out/space && mkdir -p out/space
	git archive HEAD | tar -x -C out/space
	cp space/requirements.txt out/space/requirements.txt

$(VENV)/.app: $(REQUIREMENTS)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -r $(REQUIREMENTS)
	touch $@

$(VENV)/.dev: $(VENV)/.app requirements-dev.txt
	$(BIN)/python -m pip install -q -r requirements-dev.txt -c constraints-ci.txt
	touch $@

clean:
	rm -rf $(VENV) out
