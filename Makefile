# Yutu 舆图. `make help` (or plain `make`) lists what can be made; nothing here needs more than rustup and Node 20.19.

CITY ?= demo
PORT ?= 8080
VAR ?= var
DATA ?=
YUTU = target/release/yutu
PAGE_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -path web/test-results -prune -o -type f -print)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help build run demo test quality conformance clients bench bench-tiles bench-gazetteer fmt lint clean packages packages-test release

help: ## 本帮助 / This help
	@echo 'make TARGET'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo '变量 / Variables: CITY=$(CITY) (data/cities/CITY)  DATA=源数据文件夹/folder of source files  PORT=$(PORT)  VAR=$(VAR) (数据目录/data folder)'
	@echo '例 / Example: make run CITY=yilan DATA=../tw-yilan VAR=var/yilan'

build: packages web/dist/index.html release ## 构建网页与程序 / Build the page and the program

run: build ## 导入（一次）并提供服务 / Import (once) and serve: CITY, DATA, PORT, VAR
	@YUTU=$(YUTU) scripts/run.sh '$(CITY)' '$(DATA)' '$(PORT)' '$(VAR)'

demo: build ## 生成虚构的示范城市 / Generate the fictional city into VAR/demo
	@$(YUTU) demo '$(VAR)/demo'

test: ## 全部检查与测试，并列出各步用时 / All checks and tests, and where the time went
	@scripts/test.sh

quality: ## 搜索质量，与上次相比；UPDATE=1 记下本次 / How well search finds real places, against the last run; UPDATE=1 keeps this one
	@$(if $(UPDATE),YUTU_QUALITY_UPDATE=1) cargo test --quiet --test quality -- --nocapture --test-threads=1

conformance: build ## OGC 官方测试套件（需要 Java、Maven）/ OGC's own test suites (need Java and Maven)
	@YUTU=$(YUTU) scripts/conformance.sh

clients: build ## 以 QGIS、GDAL、MapLibre 为客户端（会安装 QGIS）/ QGIS, GDAL and MapLibre as clients (installs QGIS)
	@scripts/packages.sh clients
	@YUTU=$(YUTU) scripts/clients.sh

bench: ## 性能测量 / Benchmarks
	@scripts/packages.sh bench
	@scripts/bench.sh

bench-tiles: ## 瓦片：与 PostGIS、nginx、Martin 比较 / Tiles beside PostGIS, nginx and Martin
	@scripts/bench-tiles.sh

bench-gazetteer: ## 搜索：与 addok、Nominatim 比较 / Search beside addok and Nominatim
	@scripts/bench-gazetteer.sh

fmt: ## 统一格式 / Format the sources
	@cargo fmt

lint: web/dist/index.html ## 静态检查 / Lint the sources
	@cargo fmt --check
	@cargo clippy --all-targets -- -D warnings
	@npm run --silent --prefix web lint

clean: ## 删除构建结果（不动 VAR）/ Remove what was built, not VAR
	@cargo clean
	@rm -rf web/dist web/node_modules web/test-results

packages:
	@scripts/packages.sh run

packages-test:
	@scripts/packages.sh test

release:
	@cargo build --release --bin yutu

web/node_modules/.package-lock.json: web/package-lock.json
	@# A registry without the lint program's builds for other systems makes `npm ci` refuse the lock file; the versions in it hold all the same.
	@npm ci --prefix web --no-audit --no-fund --loglevel=silent || npm install --prefix web --no-save --no-audit --no-fund --loglevel=error
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(PAGE_SOURCES)
	@npm run --silent --prefix web build
	@touch $@
