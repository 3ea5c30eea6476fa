# make run: set up, index, open the page.  make test: set up, run every test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test evaluate benchmark train clean lessons

run: $(VENV)/installed
	@$(BIN)/python -m assistant build
	@$(BIN)/python -m assistant serve

test: $(VENV)/installed-test
	@sh tests/browser/install_chromium.sh
	$(BIN)/python -m pytest -q

evaluate: $(VENV)/installed
	@$(BIN)/python -m assistant build
	@$(BIN)/python -m assistant evaluate --set ../shared/dev/disputes.jsonl --set ../shared/dev/negatives.jsonl
	@$(BIN)/python -m benchmarks.retrieval seeds
	@$(BIN)/python -m benchmarks.retrieval pairs --file ../shared/dev/pairs.jsonl

benchmark: $(VENV)/installed
	@$(BIN)/python -m assistant build
	@$(BIN)/python -m benchmarks.speed

# The two lessons in docs/, written anew from their baskets after the corpus has changed.
lessons: $(VENV)/installed
	@$(BIN)/python -m assistant build
	@for name in 楼上楼下噪声 背靠背调解怎么做; do for ending in docx md pptx; do \
		$(BIN)/python -m assistant lesson --file docs/lessons/$$name.json --to docs/lessons/$$name.$$ending || exit 1; done; done

train: $(VENV)/installed-train
	$(BIN)/python -m training.train_encoder --shared ../shared --hold-out 0
	$(BIN)/python -m training.train_reader --shared ../shared

# torch comes first and alone, so that nothing else pulls a larger build of it.
$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet -e .
	@touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(BIN)/python -m pip install --quiet -e '.[test]'
	@touch $@

$(VENV)/installed-train: $(VENV)/installed
	$(BIN)/python -m pip install --quiet -e '.[train]'
	@touch $@

clean:
	rm -rf $(VENV) index training/cache
