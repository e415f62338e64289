# The rules of tests/style/check.sh that look into files. Usage: awk -f style.awk include_table.txt FILE...
# Prints one line for each violation, "FILE:LINE: what is wrong", and ends with status 1 when there is any.

function violation(file, line, text) {
  printf "%s:%d: %s\n", file, line, text
  violations++
}

# True when the row is about the path; include_table.txt says how rows are written.
function is_about(row, path,    next_byte) {
  if (row ~ /\/\*$/) return substr(row, 1, length(row) - 2) == folder_of(path)
  next_byte = substr(path, length(row) + 1, 1)
  return index(path, row) == 1 && (next_byte == "/" || next_byte == "" || row ~ /_$/)
}

# The longest row that is about the path; empty when none is.
function row_of(path,    row, best) {
  best = ""
  for (row in allowed) if (is_about(row, path) && length(row) > length(best)) best = row
  return best
}

# The group or path that an include stands for in the table; empty for what no rule concerns.
function subject_of(include) {
  if (include ~ /^rocksdb\//) return "rocksdb"
  if (include ~ /^(sabun\/v1|grpcpp|grpc|grpc\+\+|google\/protobuf)\//) return "proto"
  if (include ~ /^(keys|engine|adapters|bench|tests)\//) return include
  return ""
}

function folder_of(path) {
  sub(/\/[^\/]*$/, "", path)
  return path
}

function begins_with_any(subject, words,    parts, count, i) {
  count = split(words, parts, " ")
  for (i = 1; i <= count; i++) if (index(subject "/", parts[i] "/") == 1) return 1
  return 0
}

function check_include(line,    include, subject, row) {
  include = line
  sub(/^[ \t]*#[ \t]*include[ \t]*[<"]/, "", include)
  sub(/[>"].*/, "", include)
  subject = subject_of(include)
  if (subject == "") return
  row = row_of(FILENAME)
  if (row == "") {
    violation(FILENAME, FNR, "this folder is not in tests/style/include_table.txt")
  } else if (subject != "rocksdb" && subject != "proto" && folder_of(subject) == folder_of(FILENAME)) {
    return
  } else if (!begins_with_any(subject, row " " allowed[row])) {
    violation(FILENAME, FNR, row " may not include " include)
  }
}

function close_file() {
  if (file == "") return
  if (file ~ /\.h$/ && lines > 150) violation(file, lines, "a header of more than 150 lines")
  if (file ~ /\.cc$/ && lines > 400) violation(file, lines, "a source of more than 400 lines")
}

function check_class(line,    name) {
  if (line !~ /^[ \t]*(template *<.*> *)?(enum +)?(class|struct) +/) return
  name = line
  sub(/^[ \t]*(template *<.*> *)?(enum +)?(class|struct) +/, "", name)
  sub(/[^A-Za-z0-9_].*/, "", name)
  if (name ~ /(Manager|Helper|Helpers|Util|Utils|Handler|Processor|Impl)$/) {
    violation(FILENAME, FNR, "the name " name " does not say what the class does")
  }
}

# An element is a service, rpc, message, enum, oneof, field or enum value. Its comment is on the line before.
function check_proto(line) {
  sub(/^[ \t]+/, "", line)
  if (line ~ /^(service|rpc|message|enum|oneof) / ||
      (line ~ /^[A-Za-z][A-Za-z0-9_.<>, ]* = [0-9]+/ && line !~ /^(option|reserved|syntax) /)) {
    if (before !~ /^[ \t]*\/\//) {
      sub(/[ ={(].*$/, "", line)
      violation(FILENAME, FNR, "no comment before this element (" line ")")
    }
  }
}

FILENAME == ARGV[1] {
  sub(/#.*/, "")
  if (NF == 0) next
  row = $1
  $1 = ""
  allowed[row] = $0
  next
}

FNR == 1 {
  close_file()
  file = FILENAME
  before = ""
}

{ lines = FNR }

/(^|[^A-Za-z0-9_])(TODO|FIXME|XXX|HACK)($|[^A-Za-z0-9_])/ { violation(FILENAME, FNR, "unfinished work is not left in the tree") }

FILENAME ~ /\.(h|cc)$/ && /^[ \t]*#[ \t]*include[ \t]*[<"]/ { check_include($0) }
FILENAME ~ /\.(h|cc)$/ { check_class($0) }
FILENAME ~ /\.proto$/ { check_proto($0); before = $0 }

END {
  close_file()
  exit violations > 0
}
