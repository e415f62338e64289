#include "adapters/cli/texts.h"

namespace sabun::cli::text {

const Text kEngineUnavailable{
    "エンジン(sabund)に接続できません: $0\n"
    "  エンジンが動いているか、宛先が正しいか(--engine または環境変数 SABUN_ENGINE)を確かめてください。\n"
    "  起動の例: sabund --data DIR --listen $0\n  詳細: $1",
    "cannot reach the engine (sabund) at $0\n"
    "  Check that it is running and that the address is right (--engine, or $SABUN_ENGINE).\n"
    "  To start it: sabund --data DIR --listen $0\n  Details: $1"};
const Text kEngineSlow{
    "エンジン($0)が時間内に答えません。混み合っていないか確かめて、もう一度実行してください。詳細: $1",
    "the engine at $0 did not answer in time. Look at its load and run again. Details: $1"};
const Text kEngineInvalid{"指定の内容に誤りがあります。直してからもう一度実行してください。詳細: $1",
                          "what was given is not valid. Mend it and run again. Details: $1"};
const Text kEngineNotFound{"見つかりません。名前や番号を確かめてください。詳細: $1",
                           "not found. Check the name or number. Details: $1"};
const Text kEngineExists{
    "同じ名前が別の内容で登録されています。内容を変えるには sabun dataset update を使ってください。詳細: $1",
    "the name is taken with other content. To change it, use sabun dataset update. Details: $1"};
const Text kEnginePrecondition{"いまはできません。sabun status で状態を確かめてください。詳細: $1",
                               "this cannot be done now. Look at sabun status. Details: $1"};
const Text kEngineAborted{"途中で取り消されました。何も変わっていません。もう一度実行してください。詳細: $1",
                          "it was cut off on the way. Nothing was changed. Run again. Details: $1"};
const Text kEngineBusy{"エンジンが混み合っています。少し待って、もう一度実行してください。詳細: $1",
                       "the engine is busy. Wait a little and run again. Details: $1"};
const Text kEngineDataLoss{"保存データに破損があります。処理を止め、システムの担当者へ連絡してください。詳細: $1",
                           "the store is damaged. Stop, and call the people who run the system. Details: $1"};
const Text kEngineOld{"エンジンがこの操作を知りません。sabund と sabun の版をそろえてください。詳細: $1",
                      "the engine does not know this call. Use the same version of sabund and sabun. Details: $1"};
const Text kEngineDenied{
    "この操作は許可されていません。必要なら管理者にアクセス権(sabund --access "
    "のファイル)を確かめてもらってください。詳細: $1",
    "this is not permitted. Ask the administrator to look at the access file (sabund --access). Details: $1"};
const Text kEngineFailed{"エンジンで障害が起きました。sabund の記録(ログ)を確かめてください。詳細: $1",
                         "the engine failed. Look at the log of sabund. Details: $1"};
const Text kStopped{"止めました。", "stopped."};
const Text kOutputFailed{"sabun: 結果を書き出せません。出力先の空き容量などを確かめてください。",
                         "sabun: the results cannot be written. Check the space where they go."};

const Text kReading{"読込・照合 $0 行", "reading, $0 rows"};
const Text kComparing{"前回と比べています ($0 行)", "comparing $0 rows"};
const Text kSendingRows{"新しい行・変わった行を渡しています $0 行", "handing over new and changed rows: $0"};
const Text kSealing{"確定しています", "sealing"};
const Text kReconnecting{"接続が切れました。つなぎ直しています ($0 回目)", "connection lost, trying again ($0)"};
const Text kSubmitting{"送信中: 受理 $0、却下 $1、残り $2", "submitting: $0 accepted, $1 rejected, $2 left"};

const Text kDatasetCreated{"対象データ「$0」を登録しました。", "dataset $0 is registered."};
const Text kDatasetExisted{"対象データ「$0」は同じ内容で登録済みです。",
                           "dataset $0 was registered already, the same."};
const Text kDatasetUpdated{"対象データ「$0」を更新しました。", "dataset $0 is updated."};
const Text kNoDatasets{"対象データはまだ登録されていません。", "no dataset is registered yet."};
const Text kDatasetColumns{"対象データ\tプロファイル\t件数\t登録先で受理済み",
                           "dataset\tprofile\trecords\taccepted by the hub"};
const Text kDatasetName{"対象データ", "dataset"};
const Text kDatasetProfile{"プロファイル", "profile"};
const Text kDatasetKey{"キー", "key"};
const Text kDatasetScheme{"指紋の方式", "fingerprint scheme"};
const Text kDatasetRecords{"件数", "records"};
const Text kDatasetAccepted{"登録先で受理済み", "accepted by the hub"};
const Text kDatasetCreatedAt{"登録日時", "registered"};
const Text kGuardLimit{"$0 件を超え、かつ $1 % を超えると保留", "held above $0 and above $1 %"};
const Text kGuardDeletes{"ガード: 削除", "guard: deletes"};
const Text kGuardUpdates{"ガード: 変更", "guard: updates"};
const Text kGuardShrink{"ガード: 行の減少", "guard: shrinking source"};
const Text kDatasetFields{"項目:", "fields:"};
const Text kFieldRequired{"必須", "required"};
const Text kFieldPersonal{"個人情報", "personal"};
const Text kNextPush{"取り込む", "take a file in"};

const Text kReceived{"受け取った行", "received"};
const Text kUnchanged{"前と同じ", "unchanged"};
const Text kAdded{"新しく登録する (追加)", "to add"};
const Text kUpdated{"内容が変わった (変更)", "to update"};
const Text kDeleted{"なくなった (削除)", "to delete"};
const Text kCosmetic{"表記だけの違い (送りません)", "cosmetic (not sent)"};
const Text kInvalid{"誤りのある行 (取り込めません)", "invalid (not taken)"};
const Text kDuplicate{"キーが重なる行 (取り込めません)", "duplicate keys (not taken)"};
const Text kCancelledOut{"送る前に取り消し合った変更", "cancelled out before sending"};
const Text kDeleteRows{"削除の指示がある行", "explicit deletes"};
const Text kSuspended{"見合わせた削除", "deletes suspended"};
const Text kRows{"$0 行", "$0 rows"};

const Text kPushReady{"取込が終わりました: $0 (差分 $1)", "snapshot taken in: $0 (change set $1)"};
const Text kPushEmpty{"取込が終わりました: $0。登録先へ送る変更はありません。",
                      "snapshot taken in: $0. There is nothing to send."};
const Text kPushHeld{"保留しました: $0 (差分 $1)。人の承認を待っています。",
                     "held: $0 (change set $1) waits for a person's approval."};
const Text kNothingSent{"まだ何も送信していません。", "Nothing has been sent."};
const Text kNothingToSend{"この取込から送信するものはありません。", "This snapshot gives nothing to send."};
const Text kRowErrors{"ほかに $0 件", "and $0 more"};
const Text kRowErrorsHint{"(すべて見るには --errors FILE)", "(all of them: --errors FILE)"};
const Text kUnreadableRows{
    "キーが読めない行が $0 行あるため、ファイルにない登録の削除 $1 "
    "件を見合わせました。行を直して取り込み直してください。",
    "$0 rows have no readable key, so $1 deletes were suspended. Mend the rows and push again."};
const Text kAgainstSame{"一致しています: ファイルの $0 行は、登録先へ届けるべき内容と同じです。",
                        "the same: the $0 rows of the file are what the hub shall hold."};
const Text kAgainstDiffers{"一致していません。違いは次のとおりです(何も変更していません)。",
                           "not the same. The differences (nothing was changed):"};
const Text kPushStopped{"止めました。何も取り込んでいません。", "stopped. Nothing was stored."};
const Text kErrorsWritten{"行の誤りの一覧を $0 に書きました。", "row errors are in $0."};
const Text kWarning{"注意", "warning"};
const Text kError{"誤り", "error"};

const Text kHoldDeletes{"削除が $0 件あります", "$0 deletes"};
const Text kHoldUpdates{"変更が $0 件あります", "$0 updates"};
const Text kHoldShrinking{"行数が前回より $0 行減っています", "$0 rows fewer than last time"};
const Text kHoldUnreadable{"キーが読めない行が $0 行あり、削除を見合わせました",
                           "$0 rows without a readable key; deletes are suspended"};
const Text kHoldOther{"$1: $0", "$1: $0"};
const Text kHoldLimit{"。限度 $0", "; the limit is $0"};
const Text kHoldPercent{" かつ $0 % (今回 $1 %)", " and $0 % (now $1 %)"};
const Text kHoldSamples{"。例: $0", "; for example $0"};

const Text kNext{"次にすること:", "What to do next:"};
const Text kNextLook{"内容を見る", "look at it"};
const Text kNextApprove{"承認する", "approve it"};
const Text kNextDiscard{"取りやめる", "discard it"};
const Text kNextSubmit{"登録先へ送る", "send it"};
const Text kNextRemedy{"対処をし、原本を直したときはもう一度取り込む",
                       "do what the remedy says; push again when the source was mended"};
const Text kNextExport{"一覧をファイルにする", "write the list to a file"};
const Text kNextMend{"誤りのある行を原本で直し、もう一度取り込む", "mend the rows in the source and push again"};
const Text kNextStatus{"状態を見る", "see the status"};
const Text kNextRejects{"却下の理由を見る", "see why records were rejected"};
const Text kNextRetry{"直したあとで送り直す", "after mending, send again"};
const Text kNextCreate{"登録する", "register one"};

const Text kNoChangeSets{"差分はまだありません。", "there is no change set yet."};
const Text kChangeSetColumns{"番号\t作成\t種類\t状態\t追加\t変更\t削除\t受理\t却下\t未送信",
                             "number\tmade\tkind\tstate\tadd\tupdate\tdelete\taccepted\trejected\tpending"};
const Text kChangeSetHead{"$0 差分 $1: $2 ($3)", "$0 change set $1: $2 ($3)"};
const Text kChangeSetMade{"作成 $0  取込 $1", "made $0  snapshot $1"};
const Text kChangeSetDecided{"決定 $0  決めた人 $1", "decided $0  by $1"};
const Text kChangeSetDigest{"ダイジェスト(digest) $0", "digest $0"};
const Text kBooks{
    "送信状況: 予定 $0 = 受理 $1 + 却下 $2 + 不明 $3 + 未送信 $4 + 送信中 $5 + 置換 $6",
    "books: planned $0 = accepted $1 + rejected $2 + unknown $3 + pending $4 + in flight $5 + superseded $6"};
const Text kFirstChanges{"変更の例 (最初の $0 件):", "first $0 changes:"};
const Text kAskApprove{"この差分を承認しますか? 承認すると、次の submit で登録先へ送られます。[y/N] ",
                       "Approve this change set? The next submit will send it. [y/N] "};
const Text kApproved{"承認しました: $0 差分 $1", "approved: $0 change set $1"};
const Text kDiscarded{"取りやめました: $0 差分 $1。登録先にも記録にも変わりはありません。",
                      "discarded: $0 change set $1. Hub and ledger are as they were."};
const Text kNotConfirmed{"取り消しました。何も変えていません。", "left as it was. Nothing was changed."};
const Text kAskDiscard{"この差分を取りやめますか? [y/N] ", "Discard this change set? [y/N] "};
const Text kNoneHeld{"保留中の差分はありません: $0", "no change set of $0 is held"};
const Text kPersonal{"(個人情報)", "(personal)"};
const Text kStateReady{"確定", "ready"};
const Text kStateHeld{"保留中", "held"};
const Text kStateEmpty{"変更なし", "empty"};
const Text kStateDiscarded{"取りやめ", "discarded"};
const Text kStateReplaced{"新しい取込に置換", "replaced"};
const Text kKindComplete{"全件", "complete"};
const Text kKindPartial{"一部", "partial"};
const Text kOpAdd{"追加", "add"};
const Text kOpUpdate{"変更", "update"};
const Text kOpDelete{"削除", "delete"};

const Text kSubmitDone{"送信が終わりました: $0 (差分 $1)", "submission done: $0 (change sets $1)"};
const Text kSubmitPartly{"送信はまだ途中です: $0 (差分 $1)", "submission not finished: $0 (change sets $1)"};
const Text kSubmitNothing{"送るものはありませんでした: $0", "there was nothing to send: $0"};
const Text kSubmitAccepted{"受理", "accepted"};
const Text kSubmitRejected{"却下", "rejected"};
const Text kSubmitUnknown{"結果不明", "unknown"};
const Text kSubmitPending{"未送信", "pending"};
const Text kSubmitSuperseded{"新しい変更に置換", "superseded"};
const Text kSubmitIncomplete{"まだ終わっていない記録があります。もう一度 submit を実行すると続きから始めます。",
                             "some records are not settled yet. Run submit again: it goes on from here."};
const Text kSubmitStopped{"止めました。送信済みの結果は記録されています。", "stopped. What was settled stays settled."};

const Text kNoRejects{"却下された記録はありません。", "there are no rejects."};
const Text kRejectsOfACode{"$0: $1 件", "$0: $1 records"};
const Text kRemedy{"対処: ", "what to do: "};
const Text kRejectsMore{"ほかに $0 件", "and $0 more"};
const Text kRejectColumns{"キー\t却下から\t回数\t登録先の説明", "key\tsince\tattempts\tthe hub's text"};
const Text kRetried{"$0 件をもう一度送ります。", "$0 records will be sent again."};
const Text kExported{"$0 件を $1 に書きました。", "$0 rejects are in $1."};

const Text kEngineLine{"エンジン $0 (版 $1、稼働 $2)", "engine $0 (version $1, up $2)"};
const Text kStatusRecords{"  登録すべき記録 $0 件、登録先で受理済み $1 件",
                          "  $0 records wanted at the hub, $1 accepted by it"};
const Text kStatusUnsettled{"  未確定: 未送信 $0、送信中 $1、結果不明 $2、却下 $3",
                            "  unsettled: $0 pending, $1 in flight, $2 unknown, $3 rejected"};
const Text kStatusNewest{"  最新の差分 $0: $1 (追加 $2、変更 $3、削除 $4) $5",
                         "  newest change set $0: $1 ($2 to add, $3 to update, $4 to delete) $5"};
const Text kStatusHeld{"  差分 $0 が承認を待っています。", "  change set $0 waits for approval."};
const Text kStatusLease{"  送信中のプログラム: $0 (未完了の送信単位 $1)", "  submitting: $0 ($1 open batches)"};
const Text kStatusHubPaused{"  登録先が $0 回続けて失敗しました($1)。$2 秒後に1件試します。待っている記録 $3 件",
                            "  the hub failed $0 times in a row ($1): the next attempt is in $2 s; $3 records wait"};
const Text kStatusIntake{"  取込が進行中です。", "  a snapshot is being taken in."};
const Text kSettled{"  すべて確定しています。", "  everything is settled."};
const Text kVerifySound{"$0: 異常はありません。", "$0: sound."};
const Text kVerifyUnsound{"$0: 異常があります。処理を止め、システムの担当者へ連絡してください。",
                          "$0: NOT sound. Stop, and call the people who run the system."};
const Text kVerifyColumns{"検査\t調べた数\t結果", "check\texamined\tresult"};
const Text kVerifyGood{"正常", "good"};
const Text kVerifyReading{"読んで調べています $0 MiB", "reading, $0 MiB"};
const Text kAgainstCounts{
    "  同じ $0 件、ファイルだけ $1 件、エンジンだけ $2 件、内容が違う $3 件、取り込めない行 $4 行",
    "  $0 equal, $1 only in the file, $2 only in the engine, $3 different, $4 rows not valid"};
const Text kOnlyInFile{"ファイルだけにある", "only in the file"};
const Text kOnlyInEngine{"エンジンだけにある", "only in the engine"};
const Text kOtherContent{"内容が違う", "different"};
const Text kHubListing{"登録先の一覧を読んでいます $0 件", "reading the hub's list, $0 records"};
const Text kHubSame{"一致しています: 登録先は、受け付けた $0 件をそのまま持っています。",
                    "the same: the hub holds what it accepted, $0 records."};
const Text kHubDiffers{"一致していません。違いは次のとおりです(何も変更していません)。",
                       "not the same; nothing was changed:"};
const Text kHubCounts{"  一致 $0 件、登録先にない $1 件、内容が違う $2 件、登録先だけにある $3 件、読めない $4 件",
                      "  equal $0, missing at the hub $1, different $2, only at the hub $3, unreadable $4"};
const Text kOnlyAtHub{"登録先だけにある", "only at the hub"};
const Text kMissingAtHub{"登録先にない", "missing at the hub"};
const Text kOtherAtHub{"内容が違う", "different at the hub"};
const Text kResendPlanned{
    "$0: $1 件の送り直しを計画しました。別の人の承認を待っています。まだ何も送っていません。",
    "$0: planned to send $1 records again; it waits for somebody else's approval, nothing was sent."};
const Text kResendEmpty{"$0: 送り直す記録はありません。", "$0: there is nothing to send again."};
const Text kNextResend{"送り直しを計画する", "plan to send them again"};
const Text kHoldResend{"受け付け済みの記録 $0 件の送り直しです", "sends $0 records again that the hub had accepted"};
const Text kKindResend{"送り直し", "resend"};
const Text kVerifyStore{"保存ファイル全体", "the store's files"};
const Text kStatusUnreconciled{"  バックアップから戻した後です。全件の取込が適用されるまで、新しい送信はしません。",
                               "  restored from a backup: nothing new is sent until a complete snapshot is applied."};
const Text kStatusScrub{"定期検査: $0 異常なし ($1 MiB)", "scrub: $0, sound ($1 MiB)"};
const Text kStatusScrubUnsound{"定期検査: $0 異常あり: $1\n  処理を止め、正常な最新のバックアップから戻してください。",
                               "scrub: $0, NOT sound: $1\n  Stop, and restore the newest sound backup."};

const Text kErasing{"消去しています $0 MiB", "erasing, $0 MiB read"};
const Text kErased{
    "$0 "
    "件の記録を消去し、古い鍵を廃棄しました。これより前のバックアップは読めません。新しいバックアップをとってください"
    "。",
    "erased $0 records and destroyed the older keys. Backups from before cannot be read: make a new one."};
const Text kErasedOrganization{
    "機関 $0 "
    "のすべての対象データを消去し、古い鍵を廃棄しました。連携先の記録は消えていません。これより前のバックアップは"
    "どの機関についても読めません。新しいバックアップをとってください。",
    "erased everything of $0 and destroyed the older keys. What the hub holds is still there. Backups from "
    "before cannot be read, whatever organization is in them: make a new one."};
const Text kSecretRotated{
    "$0: 指紋の秘密を替えました。次の取込で全行を一度読み直します(再送はしません)。",
    "$0: the fingerprints' secret is a new one. The next snapshot reads every row once; nobody is "
    "sent again."};
const Text kDatasetRetention{"保存日数", "retention in days"};
const Text kKeyId{"鍵の識別番号 $0", "key id $0"};
const Text kKeyRingCopy{"  複写 $0", "  copy $0"};
const Text kKeyRingStale{"  注意: $0 を更新できませんでした。廃棄した世代が残っている可能性があります。",
                         "  note: $0 could not be written and may hold epochs that were destroyed."};
const Text kKeyRewrapped{
    "鍵を交換しました。データは書き直していません。エンジンの鍵の設定を新しい鍵に替え、古い鍵は廃棄してください。",
    "the key was exchanged; no data was rewritten. Give the engine the new key, and destroy the old one."};
const Text kBackupLine{"バックアップ $0  $1  $2 MiB (新しい分 $3 MiB、$4 ファイル)",
                       "backup $0  $1  $2 MiB ($3 MiB new, $4 files)"};
const Text kBackupDataset{"  $0: 登録すべき記録 $1 件、受理済み $2 件、最新の差分 $3",
                          "  $0: $1 records wanted, $2 accepted, newest change set $3"};
const Text kBackupCopying{"写しています $0 MiB", "copying, $0 MiB"};
const Text kBackupMade{"$0 にバックアップをとりました。", "backed up into $0."};
const Text kBackupSound{"バックアップ $0: 異常はありません。", "backup $0: sound."};
const Text kBackupUnsound{"バックアップ $0: 異常があります。この版は使えません。",
                          "backup $0: NOT sound. It cannot be used."};
const Text kRestorePlan{
    "バックアップ $0 ($1 時点) を $2 に戻します。\n"
    "  その後に送ったものは送信の控え $3 ($4 個) からエンジンが補います。\n"
    "  結果の分からない送信は次の submit で確かめ、全件の取込が済むまで新しいものは送りません。\n"
    "  以前のエンジンは止めておいてください。鍵ファイルは以前のものを使います。",
    "backup $0, as of $1, will be restored into $2.\n"
    "  What was sent after it the engine takes from the sent journal $3 ($4 segments).\n"
    "  What has no known answer is settled by the next submit; nothing new is sent before a complete snapshot.\n"
    "  The old engine must be stopped. The key file is the old one."};
const Text kAskRestore{"戻しますか。 [y/N] ", "restore it? [y/N] "};
const Text kNotRestored{"何もしていません。戻すには --yes を付けてください。",
                        "nothing was done. To restore, add --yes."};
const Text kRestored{
    "バックアップ $0 を $1 に戻しました。\n"
    "  起動: sabund --data $1 --key-file 以前の鍵 --listen …  次に: 全件の push、submit、sabun verify",
    "backup $0 is in $1.\n"
    "  Start: sabund --data $1 --key-file THE-OLD-KEY --listen …  Then: a complete push, submit, sabun verify"};
const Text kReconciled{"$0: いまエンジンが持つ内容で送信を再開します。",
                       "$0: sending goes on with what the engine holds."};
const Text kReconciledNeedsYes{
    "バックアップより後の取込は失われています。その内容を取り込み直してから --yes を付けて実行してください。",
    "what was taken in after the backup is lost. Take it in again first, then add --yes."};

}  // namespace sabun::cli::text
