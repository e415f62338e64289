#include "engine/record/row_code.h"

namespace sabun::row_code {

const RowCode kKeyUnreadable{
    "KEY-UNREADABLE", "キー項目が読めません。原本の行を直してください。この取込では削除を行いません。",
    "The record key cannot be read. Mend the row in the source; this snapshot deletes nothing.", false};
const RowCode kKeyDuplicate{"KEY-DUPLICATE",
                            "同じキーの行が複数あります。どれも取り込んでいません。1行だけにしてください。",
                            "The same key is given more than once. None of the rows was taken; leave one.", false};
const RowCode kKeyMismatch{
    "KEY-MISMATCH", "行のキーが先に送られたキーと違います。取込中に原本が変わっていないか確かめてください。",
    "The row's key is not the key sent before. Check whether the source changed while it was read.", false};
const RowCode kRowMalformed{"ROW-MALFORMED", "行を項目に分けられません。列数と引用符を確かめてください。",
                            "The row cannot be split into fields. Check the number of columns and the quotes.", false};
const RowCode kEncoding{"FIELD-ENCODING", "文字コードとして読めない文字、または制御文字があります。",
                        "A character cannot be read in the stated encoding, or is a control character.", false};
const RowCode kRequired{"FIELD-REQUIRED", "必須項目が空です。", "A required field is empty.", false};
const RowCode kTooLong{"FIELD-LENGTH", "桁数・文字数が決まりと違います。", "The length is not what the profile allows.",
                       false};
const RowCode kCharacters{"FIELD-CHARACTERS", "使えない文字があります。", "A character is not allowed in this field.",
                          false};
const RowCode kDate{"FIELD-DATE", "日付として読めません。", "This is not a date the profile can read.", false};
const RowCode kCodeValue{"FIELD-CODE", "コード表にない値です。", "The value is not one of the profile's codes.", false};
const RowCode kJson{"FIELD-JSON", "JSONとして読めない、または種類が違います。",
                    "This is not JSON of the kind the profile asks for.", false};
const RowCode kPeriod{"PERIOD-ORDER", "期間の終わりが始まりより前です。", "The period ends before it begins.", false};
const RowCode kCheckDigit{"CHECK-DIGIT", "検査数字が合いません(送信はします)。入力誤りがないか確かめてください。",
                          "The check digit does not fit (the record is sent all the same). Look for a typing error.",
                          true};

}  // namespace sabun::row_code
