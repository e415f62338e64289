#include "adapters/file/row_problem.h"

#include <string>

namespace sabun::file {

const RowProblem kRowMalformed{
    "ROW-MALFORMED",
    "行を項目に分けられません。列数と引用符を確かめてください。この取込では、ファイルにない登録を削除しません。",
    "The row cannot be split into fields. Check the number of columns and the quotes. Records absent from this file "
    "are kept."};
const RowProblem kKeyUnreadable{
    "KEY-UNREADABLE",
    "キー項目が読めません。原本の行を直してください。この取込では、ファイルにない登録を削除しません。",
    "The record key cannot be read. Mend the row in the source; records absent from this file are kept."};
const RowProblem kFieldEncoding{
    "FIELD-ENCODING", "指定の文字コードとして読めない文字、またはNUL文字があります。原本の文字を確かめてください。",
    "A character cannot be read in the stated encoding, or is NUL. Check it in the source."};
const RowProblem kRowLength{"ROW-LENGTH", "行が長すぎます(上限は約3.5MB)。引用符の閉じ忘れがないか確かめてください。",
                            "The row is too long (the limit is about 3.5 MB). Look for a quote that is not closed."};
const RowProblem kOperationValue{
    "OPERATION-VALUE",
    "操作の値が決まりと違います。追加・変更・更新・削除、または add・update・upsert・delete としてください。",
    "The operation is not one of add, update, upsert, delete (or 追加, 変更, 更新, 削除)."};

void FillRowError(const RowProblem& problem, uint64_t ordinal, absl::string_view field, v1::RowError* error) {
  error->set_ordinal(ordinal);
  error->set_code(std::string(problem.code));
  error->set_field(std::string(field));
  error->set_message_ja(std::string(problem.message_ja));
  error->set_message_en(std::string(problem.message_en));
}

}  // namespace sabun::file
