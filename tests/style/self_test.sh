#!/bin/sh
# Proves that check.sh can fail: plants one violation of each rule in a small tree and looks for its line in the output.
# Also proves that a tree without violations passes.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

# Makes the tree anew, with one file in every part of the table, all of them right.
reset() {
  rm -rf "$tree"
  mkdir -p "$tree"
  put engine/base/clock.h '#pragma once'
  put engine/record/ids.h '#include "engine/base/clock.h"'
  put engine/fingerprint/fingerprint.h '#include "engine/record/ids.h"'
  put engine/store/rocks_store.cc '#include "engine/store/store.h"' '#include <rocksdb/db.h>'
  put engine/snapshot.cc '#include "engine/snapshot.h"' '#include "engine/diff/differ.h"'
  put engine/main.cc '#include "engine/service/server.h"'
  put engine/diff/differ.cc '#include "engine/diff/differ.h"' '#include "engine/fingerprint/fingerprint.h"'
  put engine/service/server.cc '#include "engine/diff/differ.h"' '#include "sabun/v1/intake.pb.h"'
  put adapters/cli/main.cc '#include "adapters/file/csv.h"' '#include <grpcpp/grpcpp.h>'
  put bench/main.cc '#include "engine/diff/differ.h"'
  put tests/unit/diff/differ_test.cc '#include "engine/diff/differ.h"' '#include "bench/generator.h"'
  put proto/sabun/v1/a.proto '// A message.' 'message A {' '  // A field.' '  repeated string values = 1;' '}' \
    '// A service.' 'service S {' '  // A call.' '  rpc Get(A) returns (A);' '}'
}

put() {
  path=$1
  shift
  mkdir -p "$tree/$(dirname "$path")"
  printf '%s\n' "$@" >"$tree/$path"
}

lines() { awk -v count="$1" 'BEGIN { for (i = 0; i < count; i++) print "// A line." }'; }

# expect FILE:LINE WORDS: the check fails, and one line of its output begins with the place and holds the words.
expect() {
  if output=$(sh "$here/check.sh" "$tree" 2>&1); then
    echo "not found: $1 $2 (the check passed)"
    failures=$((failures + 1))
  elif ! printf '%s\n' "$output" | grep -F "$1: " | grep -qF "$2"; then
    printf 'not found: %s %s, but:\n%s\n' "$1" "$2" "$output"
    failures=$((failures + 1))
  fi
  reset
}

reset
if ! output=$(sh "$here/check.sh" "$tree" 2>&1); then
  printf 'a tree without violations fails:\n%s\n' "$output"
  failures=$((failures + 1))
fi

put engine/base/a.h '' '#include "engine/record/ids.h"'
expect engine/base/a.h:2 'may not include'
put engine/canonical/a.cc '#include "engine/fingerprint/fingerprint.h"'
expect engine/canonical/a.cc:1 'may not include'
put engine/fingerprint/a.cc '#include "engine/record/record.h"'
expect engine/fingerprint/a.cc:1 'may not include'
put engine/store/store.h '#include "engine/ledger/ledger.h"'
expect engine/store/store.h:1 'may not include'
put engine/store/memory_store.cc '#include <rocksdb/db.h>'
expect engine/store/memory_store.cc:1 'may not include'
put engine/ledger/a.cc '#include "rocksdb/db.h"'
expect engine/ledger/a.cc:1 'may not include'
put engine/ledger/a.cc '#include "engine/guard/guard.h"'
expect engine/ledger/a.cc:1 'may not include'
put engine/guard/a.cc '#include "engine/service/server.h"'
expect engine/guard/a.cc:1 'may not include'
put engine/intake/a.cc '#include "sabun/v1/intake.pb.h"'
expect engine/intake/a.cc:1 'may not include'
put engine/main.cc '#include <google/protobuf/message.h>'
expect engine/main.cc:1 'may not include'
put engine/snapshot.h '#include "engine/service/server.h"'
expect engine/snapshot.h:1 'may not include'
put engine/guard/a.cc '#include "engine/snapshot.h"'
expect engine/guard/a.cc:1 'may not include'
put adapters/pmh/a.cc '#include "engine/base/clock.h"'
expect adapters/pmh/a.cc:1 'may not include'
put engine/record/a.cc '#include "bench/generator.h"'
expect engine/record/a.cc:1 'may not include'
put bench/a.cc '#include "tests/support/a.h"'
expect bench/a.cc:1 'may not include'
put engine/cache/a.cc '#include "engine/base/clock.h"'
expect engine/cache/a.cc:1 'not in tests/style/include_table.txt'
put engine/storefront/a.cc '#include "engine/base/clock.h"'
expect engine/storefront/a.cc:1 'not in tests/style/include_table.txt'

put engine/base/a.h '// A clock.' '// TODO(somebody): finish.'
expect engine/base/a.h:2 'unfinished'
put deploy/a.sh '# FIXME'
expect deploy/a.sh:1 'unfinished'

put engine/diff/a.h 'class DiffManager {};'
expect engine/diff/a.h:1 'DiffManager'
put engine/diff/a.cc '' '  struct RunImpl : Run {' '};'
expect engine/diff/a.cc:2 'RunImpl'
put engine/diff/a.h 'template <typename T> class RowHelper;'
expect engine/diff/a.h:1 'RowHelper'

put engine/diff/a.h "$(lines 151)"
expect engine/diff/a.h:151 'more than 150'
put engine/diff/a.cc "$(lines 401)"
expect engine/diff/a.cc:401 'more than 400'

put adapters/common/a.toml ''
expect adapters/common:1 'folder'
put bench/row_util.h '#pragma once'
expect bench/row_util.h:1 'file'

put proto/sabun/v1/b.proto '' 'message B {' '}'
expect proto/sabun/v1/b.proto:2 '(message)'
put proto/sabun/v1/b.proto '// B.' 'message B {' '  map<string, int32> counts = 1;' '}'
expect proto/sabun/v1/b.proto:3 'no comment'
put proto/sabun/v1/b.proto '// B.' 'message B {' '  // One.' '  string a = 1;' '' '  string b = 2;' '}'
expect proto/sabun/v1/b.proto:6 'no comment'
put proto/sabun/v1/b.proto '// E.' 'enum E {' '  E_UNSPECIFIED = 0;' '}'
expect proto/sabun/v1/b.proto:3 'E_UNSPECIFIED'
put proto/sabun/v1/b.proto '// S.' 'service S {' '  rpc Get(A) returns (A);' '}'
expect proto/sabun/v1/b.proto:3 '(rpc)'
put proto/sabun/v1/b.proto '// B.' 'message B {' '  oneof kind {' '    // A.' '    string a = 1;' '  }' '}'
expect proto/sabun/v1/b.proto:3 '(oneof)'

[ "$failures" = 0 ] || { echo "style self-test: $failures rules do not hold"; exit 1; }
echo "style self-test: every planted violation was found"
