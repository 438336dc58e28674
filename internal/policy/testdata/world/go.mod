module github.com/pingvas/pingvas-ci/ci

go 1.26.1
