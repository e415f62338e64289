#include "adapters/cli/pia_report.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "adapters/cli/text_layout.h"
#include "adapters/pmh/hub_profile.h"

namespace sabun::cli {
namespace {

// A cell: no text of a profile may end it.
std::string Cell(absl::string_view text) { return absl::StrReplaceAll(text, {{"|", "\\|"}, {"\n", " "}}); }

void AppendRow(absl::string_view name, absl::string_view value, std::string* out) {
  absl::StrAppend(out, "| ", Cell(name), " | ", Cell(value), " |\n");
}

const v1::DatasetStatus* StatusOf(const PiaFacts& facts, const std::string& dataset) {
  for (const v1::DatasetStatus& status : facts.status.datasets()) {
    if (status.dataset() == dataset) return &status;
  }
  return nullptr;
}

// PIA thresholds count people; a record is a history, so this is an upper bound.
absl::string_view SizeClass(uint64_t records) {
  if (records < 1'000) return "1,000 件未満";
  if (records < 10'000) return "1,000 件以上 1 万件未満";
  if (records < 100'000) return "1 万件以上 10 万件未満";
  if (records < 300'000) return "10 万件以上 30 万件未満";
  return "30 万件以上";
}

void AppendFields(const v1::Dataset& dataset, std::string* out) {
  absl::StrAppend(out, "\n| 項目 | 名称 | 個人情報 | 必須 | 使い方 |\n| --- | --- | --- | --- | --- |\n");
  for (int i = 0; i < dataset.fields_size(); ++i) {
    const v1::Field& field = dataset.fields(i);
    const bool is_key =
        std::count(dataset.key_fields().begin(), dataset.key_fields().end(), static_cast<uint32_t>(i)) > 0;
    absl::StrAppend(out, "| ", Cell(field.name()), " | ", Cell(field.label_ja()), " | ",
                    field.personal() ? "はい" : "いいえ", " | ", field.required() ? "はい" : "いいえ", " | ",
                    is_key ? "キー(指紋にして照合)、ハブへ送信" : "ハブへ送信", " |\n");
  }
}

void AppendHub(const v1::Dataset& dataset, std::string* out) {
  const auto hub = ParseHubProfile(dataset.profile_toml());
  if (!hub.ok()) return AppendRow("ハブ", "プロファイルの [hub] を読めません", out);
  const bool tls = absl::StartsWith(hub->base_url, "https://");
  AppendRow("ハブの宛先", hub->base_url, out);
  AppendRow("通信路", tls ? "TLS" : "暗号化なし。本番では https にすること", out);
  AppendRow("私設CA", hub->route.ca_file.empty() ? "使わない" : hub->route.ca_file, out);
  AppendRow("クライアント証明書", hub->route.client_cert_file.empty() ? "使わない" : hub->route.client_cert_file, out);
  AppendRow("プロキシ", hub->route.proxy.empty() ? "使わない" : hub->route.proxy, out);
  AppendRow("1回の送信の上限", absl::StrCat(hub->max_records, " 件、", hub->max_bytes >> 10, " KiB"), out);
}

void AppendGuards(const v1::GuardLimits& guards, std::string* out) {
  AppendRow("保留(削除)",
            absl::StrCat(guards.max_deletes(), " 件を超え、かつ ", guards.max_delete_percent(), " % を超える"), out);
  AppendRow("保留(更新)",
            absl::StrCat(guards.max_updates(), " 件を超え、かつ ", guards.max_update_percent(), " % を超える"), out);
  AppendRow("保留(減少)",
            absl::StrCat(guards.max_shrink_rows(), " 行を超え、かつ ", guards.max_shrink_percent(), " % を超える"),
            out);
}

void AppendDataset(const PiaFacts& facts, const v1::Dataset& dataset, std::string* out) {
  absl::StrAppend(out, "\n### ", dataset.name(), "\n\n| 事項 | 値 |\n| --- | --- |\n");
  AppendRow("プロファイル", absl::StrCat(dataset.profile_name(), " ", dataset.profile_version()), out);
  AppendRow("登録日時", LocalTime(dataset.created_at()), out);
  AppendRow("履歴の件数", GroupDigits(dataset.records()), out);
  AppendRow("ハブが受理した件数", GroupDigits(dataset.accepted_records()), out);
  AppendRow("件数の区分(履歴の数。人数はこれ以下)", SizeClass(dataset.records()), out);
  if (const v1::DatasetStatus* const status = StatusOf(facts, dataset.name())) {
    AppendRow("未確定",
              absl::StrCat("送信待ち ", status->pending(), "、送信中 ", status->in_flight(), "、不明 ",
                           status->unknown(), "、却下 ", status->rejected()),
              out);
  }
  AppendRow("指紋の方式",
            dataset.scheme() == v1::FINGERPRINT_SCHEME_HMAC_SHA256_128 ? "HMAC-SHA-256 (128ビット)"
                                                                       : "XXH3-128、秘密の種つき",
            out);
  AppendHub(dataset, out);
  AppendGuards(dataset.guards(), out);
  AppendFields(dataset, out);
}

}  // namespace

std::string PiaReport(const PiaFacts& facts) {
  std::string out = "# 特定個人情報保護評価のための報告 (Sabun)\n\n| 事項 | 値 |\n| --- | --- |\n";
  AppendRow("作成", facts.made_at, &out);
  AppendRow(
      "エンジン",
      absl::StrCat("sabund ", facts.status.engine_version(), "、稼働 ", facts.status.uptime_seconds() / 3600, " 時間"),
      &out);
  AppendRow("待受け", facts.engine_address, &out);
  AppendRow("対象データの数", absl::StrCat(facts.datasets.size()), &out);
  absl::StrAppend(&out,
                  "\n稼働中の設定から作りました。個人の値は含みません。設定を変えたら作り直してください。\n\n## "
                  "取り扱う対象データ\n");
  if (facts.datasets.empty()) absl::StrAppend(&out, "\n登録されていません。\n");
  for (const v1::Dataset& dataset : facts.datasets) AppendDataset(facts, dataset, &out);
  absl::StrAppend(&out, "\n", PiaDataFlow(), "\n", PiaMeasures());
  return out;
}

}  // namespace sabun::cli
