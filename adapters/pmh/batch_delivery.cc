#include "adapters/pmh/batch_delivery.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "adapters/client/commit_point.h"
#include "adapters/client/localized_status.h"
#include "adapters/client/status_macros.h"
#include "adapters/pmh/hub_text.h"

namespace sabun {
namespace {

constexpr absl::Duration kNoticeableWait = absl::Seconds(2);

}  // namespace

BatchDelivery::BatchDelivery(const DeliveryContext& context, const v1::OpenBatch& open, v1::Batch batch)
    : context_(context),
      batch_id_(batch.batch_id()),
      items_(std::make_move_iterator(batch.mutable_items()->begin()),
             std::make_move_iterator(batch.mutable_items()->end())),
      task_id_(open.task_id()),
      maybe_applied_(open.unknown() || !open.task_id().empty()),
      doubtful_(open.doubtful()),
      backoff_(context.profile.retry.first_wait, context.profile.retry.growth, context.profile.retry.max_wait,
               context.profile.retry.jitter) {}

absl::StatusOr<DeliveryResult> BatchDelivery::Run() {
  Step step = items_.empty() ? Step::kSettled : Step::kGoOn;
  while (step == Step::kGoOn) {
    const auto next = task_id_.empty() ? Post() : AwaitTask();
    if (!next.ok()) return next.status();
    step = *next;
  }
  if (step == Step::kLeaveOpen) {
    RETURN_IF_ERROR(MarkIfUnknown());
  }
  result_.end = step == Step::kSettled ? DeliveryEnd::kSettled
                : step == Step::kSplit ? DeliveryEnd::kSplit
                                       : DeliveryEnd::kLeftOpen;
  return std::move(result_);
}

absl::Status BatchDelivery::MarkIfUnknown() {
  return maybe_applied_ || doubtful_ ? context_.engine.MarkUnknown(batch_id_) : absl::OkStatus();
}

void BatchDelivery::Notice(absl::string_view text) const {
  context_.on_notice(absl::StrCat("送信 batch ", batch_id_, ": ", text));
}

absl::StatusOr<BatchDelivery::Step> BatchDelivery::Encode(std::string& array) {
  std::vector<v1::Receipt> unwritable;
  std::vector<v1::BatchItem> written;
  array = "[";
  for (v1::BatchItem& item : items_) {
    const std::size_t before = array.size();
    if (before > 1) array += ',';
    const absl::Status appended = context_.writer.AppendElement(item.op(), item.fields(), array);
    if (appended.ok()) {
      written.push_back(std::move(item));
      continue;
    }
    // It cannot be told to the hub, so it must not hold up the others: it is parked like a record the hub refused.
    array.resize(before);
    unwritable.push_back(Rejection(item, "SABUN-JSON", appended.message(), false));
  }
  array += ']';
  items_ = std::move(written);
  if (unwritable.empty()) return Step::kGoOn;
  const auto settled = Settle(unwritable);
  if (!settled.ok()) return settled.status();
  return items_.empty() ? Step::kSettled : Step::kGoOn;
}

absl::StatusOr<BatchDelivery::Step> BatchDelivery::Post() {
  if (context_.no_posts.stop_requested() || attempts_ >= context_.profile.retry.max_attempts) return Step::kLeaveOpen;
  std::string array;
  const auto encoded = Encode(array);
  if (!encoded.ok() || *encoded != Step::kGoOn) return encoded;
  if (array.size() > context_.profile.max_bytes && items_.size() > 1) {
    HubAnswer too_large;
    too_large.code = "TOO-LARGE";
    too_large.error_class = ErrorClass::kRecord;
    return Refuse(too_large);
  }
  if (!context_.time.Wait(context_.rate.Reserve(context_.time.Now()), context_.no_posts)) return Step::kLeaveOpen;
  const Circuit::Pass pass = context_.circuit.Enter(context_.no_posts);
  if (pass == Circuit::Pass::kNo) return Step::kLeaveOpen;
  ++attempts_;
  // From here on a rejection is the hub's word on this post, and not on those before it.
  doubtful_ |= std::exchange(maybe_applied_, false);
  client::BeforeCommit("post");
  const PostAnswer answer = context_.hub.Post(array, [this] {
    // A post may be on its way until the request times out; by then the lease must still be held.
    return context_.engine.CoversFor(context_.profile.request_timeout) && !context_.no_posts.stop_requested();
  });
  client::AfterCommit("post");
  context_.on_answer(pass, answer);
  if (answer.code == kLeaseCode) {
    // Nothing was sent, and nothing speaks against sending once the engine knows this holder again.
    --attempts_;
    RETURN_IF_ERROR(context_.engine.Renew().status());
    return Step::kGoOn;
  }
  switch (answer.verdict) {
    case HubVerdict::kDone:
      maybe_applied_ = true;
      task_id_ = answer.task_id;
      RETURN_IF_ERROR(context_.engine.RecordTask(batch_id_, task_id_, doubtful_));
      return Step::kGoOn;
    case HubVerdict::kUnknown:
      maybe_applied_ = true;
      return TryLater(answer);
    case HubVerdict::kNotApplied:
      return TryLater(answer);
    case HubVerdict::kRefused:
      return Refuse(answer);
    case HubVerdict::kCredentials:
    case HubVerdict::kFatal:
      return Stop(answer);
  }
  return absl::InternalError("an unknown verdict");
}

absl::StatusOr<BatchDelivery::Step> BatchDelivery::TryLater(const HubAnswer& answer) {
  if (attempts_ >= context_.profile.retry.max_attempts) {
    Notice(absl::StrCat(answer.code, " ", attempts_, "回で中断、次の送信で続けます / given up for now"));
    return Step::kLeaveOpen;
  }
  // The hub's wish counts, but not without a bound: a batch that waits for a day holds up its records.
  absl::Duration wait = backoff_.Next();
  if (answer.retry_after) wait = std::max(wait, std::min(*answer.retry_after, context_.profile.retry.max_wait));
  if (wait >= kNoticeableWait && context_.circuit.View().state == CircuitState::kClosed) {
    Notice(absl::StrCat(answer.code, " ", absl::FormatDuration(wait), "後に再試行 / trying again"));
  }
  return context_.time.Wait(wait, context_.no_posts) ? Step::kGoOn : Step::kLeaveOpen;
}

absl::Status BatchDelivery::Stop(const HubAnswer& answer) {
  RETURN_IF_ERROR(MarkIfUnknown());
  const HubError* const known = context_.profile.FindError(answer.code);
  const std::string what = absl::StrCat(" (", answer.code, answer.reason.empty() ? "" : ": ", answer.reason, ")");
  const std::string ja = known == nullptr ? "" : known->remedy_ja;
  const std::string en = known == nullptr ? "" : absl::StrCat(" ", known->remedy_en);
  if (answer.verdict == HubVerdict::kCredentials) {
    return client::LocalizedError(absl::StatusCode::kUnauthenticated,
                                  {"HUB-CREDENTIALS", absl::StrCat("登録先に認証されませんでした", what, "。", ja),
                                   absl::StrCat("the hub does not let this client in", what, ".", en)});
  }
  return client::LocalizedError(absl::StatusCode::kFailedPrecondition,
                                {"HUB-SETUP", absl::StrCat("登録先への送信を止めました", what, "。", ja),
                                 absl::StrCat("sending to the hub was stopped", what, ".", en)});
}

absl::StatusOr<BatchDelivery::Step> BatchDelivery::Refuse(const HubAnswer& answer) {
  if (items_.size() > 1) {
    // Before, because the halves are what the engine knows of the batch when the answer to the split is lost. The
    // places in a task's results are not those of the halves.
    if (task_id_.empty()) doubtful_ |= maybe_applied_;
    if (!task_id_.empty() || doubtful_) {
      RETURN_IF_ERROR(context_.engine.RecordTask(batch_id_, "", doubtful_));
    }
    auto halves = context_.engine.Split(batch_id_);
    // The answer to a split may have been lost; the halves are then found among the open batches.
    if (absl::IsNotFound(halves.status())) return Step::kSettled;
    if (!halves.ok()) return halves.status();
    result_.halves = *std::move(halves);
    for (v1::OpenBatch& half : result_.halves) half.set_doubtful(doubtful_);
    return Step::kSplit;
  }
  if (++context_.refusals_in_a_row > context_.profile.retry.max_refusals_in_a_row) {
    HubAnswer everything = answer;
    everything.verdict = HubVerdict::kFatal;
    everything.reason = "the hub refuses every call";
    return Stop(everything);
  }
  return Settle({Rejection(items_[0], answer.code, "", doubtful_)});
}

absl::StatusOr<BatchDelivery::Step> BatchDelivery::ForgetTask(absl::string_view why) {
  RETURN_IF_ERROR(context_.engine.RecordTask(batch_id_, "", doubtful_));
  task_id_.clear();
  HubAnswer answer;
  answer.code = std::string(why);
  return TryLater(answer);
}

absl::StatusOr<BatchDelivery::Step> BatchDelivery::AwaitTask() {
  const HubPoll& poll = context_.profile.poll;
  const absl::Duration first = context_.pace.FirstWait();
  Backoff pause(std::max(poll.first_wait, first / 4), poll.growth, poll.max_wait, 0);
  Backoff trouble(context_.profile.retry.first_wait, context_.profile.retry.growth, context_.profile.retry.max_wait,
                  context_.profile.retry.jitter);
  int troubles = 0;
  const absl::Time begin = context_.time.Now(), deadline = begin + poll.give_up_after;
  int questions = 0;
  absl::Duration wait = first;
  for (;;) {
    wait = std::max(wait, context_.rate.Reserve(context_.time.Now()));
    if (!context_.time.Wait(wait, context_.no_waits)) return Step::kLeaveOpen;
    const Circuit::Pass pass = context_.circuit.Enter(context_.no_waits);
    if (pass == Circuit::Pass::kNo) return Step::kLeaveOpen;
    client::BeforeCommit("task_answer");
    const TaskAnswer answer = context_.hub.Ask(task_id_);
    client::AfterCommit("task_answer");
    context_.on_answer(pass, answer);
    ++questions;
    if (answer.verdict == HubVerdict::kCredentials || answer.verdict == HubVerdict::kFatal) return Stop(answer);
    if (answer.verdict != HubVerdict::kDone) {
      if (++troubles >= context_.profile.retry.max_attempts) return Step::kLeaveOpen;
      wait = trouble.Next();
      if (answer.retry_after) wait = std::max(wait, std::min(*answer.retry_after, poll.max_wait));
      continue;
    }
    troubles = 0;
    if (answer.state == TaskState::kFinished) context_.pace.Learn(context_.time.Now() - begin, questions);
    if (answer.state != TaskState::kRunning) return TakeOutcome(answer);
    if (context_.time.Now() >= deadline)
      return poll.repost_unfinished ? ForgetTask("TASK-UNFINISHED") : Step::kLeaveOpen;
    wait = pause.Next();
  }
}

absl::StatusOr<BatchDelivery::Step> BatchDelivery::TakeOutcome(const TaskAnswer& answer) {
  if (answer.state == TaskState::kFinished) return Finish(answer.results);
  HubAnswer stop = answer;
  stop.verdict = HubVerdict::kFatal;
  if (answer.state == TaskState::kMissing) {
    if (context_.profile.poll.repost_missing) return ForgetTask("TASK-MISSING");
    stop.code = "TASK-MISSING";
    stop.reason = "the hub does not know a task it has accepted";
    return Stop(stop);
  }
  stop.reason = "the task failed";
  switch (answer.error_class) {
    case ErrorClass::kTransient:
      return ForgetTask("TASK-FAILED");
    case ErrorClass::kRecord:
    case ErrorClass::kDependency:
      return Refuse(answer);
    case ErrorClass::kCredentials:
      stop.verdict = HubVerdict::kCredentials;
      break;
    case ErrorClass::kFatal:
      break;
  }
  return Stop(stop);
}

v1::Receipt BatchDelivery::Rejection(const v1::BatchItem& item, absl::string_view code, absl::string_view message,
                                     bool doubtful) const {
  v1::Receipt receipt;
  receipt.set_item(item.item());
  receipt.set_outcome(v1::RECEIPT_OUTCOME_REJECTED);
  receipt.set_code(std::string(code));
  receipt.set_doubtful(doubtful);
  const auto values = UnpackFields(item.fields(), context_.profile.fields.size());
  receipt.set_message(KeptHubText(message, values.value_or(std::vector<absl::string_view>{})));
  return receipt;
}

v1::Receipt BatchDelivery::ReceiptFor(const v1::BatchItem& item, const ElementResult& result) const {
  const auto& gone = context_.profile.answers.already_deleted;
  const bool deleted =
      item.op() == v1::CHANGE_OP_DELETE && std::find(gone.begin(), gone.end(), result.code) != gone.end();
  if (!result.accepted && !deleted) return Rejection(item, result.code, result.message, doubtful_);
  v1::Receipt receipt;
  receipt.set_item(item.item());
  receipt.set_outcome(v1::RECEIPT_OUTCOME_ACCEPTED);
  return receipt;
}

absl::StatusOr<BatchDelivery::Step> BatchDelivery::Finish(const std::vector<ElementResult>& results) {
  std::vector<const ElementResult*> by_position(items_.size(), nullptr);
  for (const ElementResult& result : results) {
    // Two words on one element, or a word on none: nothing of it can be trusted, so the batch is posted again.
    if (result.position >= items_.size() || by_position[result.position] != nullptr) {
      return ForgetTask("BAD-RESULTS");
    }
    by_position[result.position] = &result;
  }
  const ElementResult accepted{0, true, "", ""};
  std::vector<v1::Receipt> receipts;
  std::vector<v1::BatchItem> again;
  HubAnswer stop;
  stop.verdict = HubVerdict::kDone;
  bool unanswered = false;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (by_position[i] == nullptr && context_.profile.answers.only_rejects) by_position[i] = &accepted;
    const ElementResult* const result = by_position[i];
    unanswered |= result == nullptr;
    const ErrorClass error_class =
        result == nullptr || result->accepted ? ErrorClass::kRecord : ClassOf(context_.profile, result->code);
    if (error_class == ErrorClass::kCredentials) stop.verdict = HubVerdict::kCredentials;
    if (error_class == ErrorClass::kFatal) stop.verdict = HubVerdict::kFatal;
    if (error_class == ErrorClass::kCredentials || error_class == ErrorClass::kFatal) stop.code = result->code;
    const bool final = error_class == ErrorClass::kRecord || error_class == ErrorClass::kDependency;
    if (result != nullptr && final) {
      receipts.push_back(ReceiptFor(items_[i], *result));
    } else {
      again.push_back(std::move(items_[i]));
    }
  }
  items_ = std::move(again);
  context_.refusals_in_a_row = 0;
  if (items_.empty()) return Settle(receipts);
  // Some records stay open, so the task's places are about to lose their meaning: the task is forgotten first. A crash
  // in between costs a repeated post and nothing else.
  RETURN_IF_ERROR(context_.engine.RecordTask(batch_id_, "", doubtful_));
  task_id_.clear();
  if (const auto settled = Settle(receipts); !settled.ok()) return settled.status();
  maybe_applied_ = unanswered;
  if (stop.verdict != HubVerdict::kDone) return Stop(stop);
  stop.code = "AGAIN";
  return TryLater(stop);
}

absl::StatusOr<BatchDelivery::Step> BatchDelivery::Settle(const std::vector<v1::Receipt>& receipts) {
  if (receipts.empty()) return Step::kGoOn;
  const auto settled = context_.engine.RecordReceipts(batch_id_, receipts);
  if (!settled.ok()) return settled.status();
  const std::uint64_t accepted = std::count_if(receipts.begin(), receipts.end(), [](const v1::Receipt& receipt) {
    return receipt.outcome() == v1::RECEIPT_OUTCOME_ACCEPTED;
  });
  // The delete under an old identity is half of a change; the change counts when its add is accepted.
  context_.on_receipts(accepted - std::min(accepted, settled->first_halves()), receipts.size() - accepted);
  return Step::kSettled;
}

}  // namespace sabun
