#include "engine/canonical/profile.h"

#include <toml++/toml.h>

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/canonical/date_rule.h"
#include "engine/canonical/profile_field.h"
#include "engine/canonical/table_reader.h"

namespace sabun {
namespace {

constexpr absl::string_view kTables[] = {"profile", "record", "field", "hub", "error"};

absl::StatusOr<toml::table> ParseToml(absl::string_view text) {
  if (text.size() > kMaxProfileBytes) {
    return ProfileError(1, "a profile has at most 1 MiB", "プロファイルは1MiBまでです");
  }
  // The library reports bad input by an exception; it ends here.
  try {
    return toml::parse(std::string_view(text.data(), text.size()));
  } catch (const toml::parse_error& error) {
    const uint32_t line = std::max<uint32_t>(1, error.source().begin.line);
    return ProfileError(line, absl::StrCat("not TOML: ", std::string(error.description())), "TOMLとして読めません");
  }
}

const toml::table* RequiredTable(const toml::table& root, absl::string_view name, absl::Status* error) {
  const toml::node* node = root.get(std::string_view(name.data(), name.size()));
  if (node != nullptr && node->is_table()) return node->as_table();
  TableReader(root, error)
      .Fail(name, absl::StrCat("a table [", name, "] is needed"), absl::StrCat("[", name, "]の表が要ります"));
  return nullptr;
}

void ReadHead(const toml::table& table, Profile* profile, absl::Status* error) {
  TableReader reader(table, error);
  reader.OnlyMembers({"name", "version", "title_ja", "title_en", "source"});
  profile->name = reader.RequiredText("name", 64);
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  if (!std::all_of(profile->name.begin(), profile->name.end(), allowed)) {
    reader.Fail("name", "name must be of a-z 0-9 . _ -", "nameに使えるのは a-z 0-9 . _ - です");
  }
  profile->version = reader.RequiredText("version", 64);
  reader.Text("title_ja");
  reader.Text("title_en");
  reader.Text("source");
}

void ReadFields(const toml::table& root, uint32_t date_formats, Profile* profile, absl::Status* error) {
  TableReader root_reader(root, error);
  const toml::node* node = root.get("field");
  const toml::array* tables = node == nullptr ? nullptr : node->as_array();
  if (tables == nullptr || tables->empty() || !tables->is_homogeneous<toml::table>()) {
    return root_reader.Fail("field", "[[field]] tables are needed", "[[field]]の表が要ります");
  }
  if (tables->size() > kMaxProfileFields) {
    return root_reader.Fail("field", absl::StrCat("at most ", kMaxProfileFields, " fields"),
                            absl::StrCat("項目は", kMaxProfileFields, "個までです"));
  }
  // A header of a source file may use the label in place of the name, so both are one set.
  std::set<std::string> names;
  for (const toml::node& element : *tables) {
    const toml::table& table = *element.as_table();
    ProfileField field = ReadProfileField(table, date_formats, error);
    TableReader reader(table, error);
    if (!names.insert(field.name).second) {
      reader.Fail("name", absl::StrCat("the name ", field.name, " is taken by another field"),
                  absl::StrCat(field.name, "という名前は他の項目にあります"));
    }
    if (!field.label_ja.empty() && field.label_ja != field.name && !names.insert(field.label_ja).second) {
      reader.Fail("label_ja", absl::StrCat("the label ", field.label_ja, " is taken by another field"),
                  absl::StrCat(field.label_ja, "という名前は他の項目にあります"));
    }
    profile->fields.push_back(std::move(field));
  }
}

// Indices of the named fields.
std::vector<uint32_t> FindFields(absl::string_view member, absl::Span<const std::string> names, const Profile& profile,
                                 TableReader* reader) {
  std::vector<uint32_t> indices;
  for (const std::string& name : names) {
    uint32_t index = 0;
    while (index < profile.fields.size() && profile.fields[index].name != name) ++index;
    if (index == profile.fields.size()) {
      reader->Fail(member, absl::StrCat(member, " names \"", name, "\", which is no field"),
                   absl::StrCat(member, "の「", name, "」という項目はありません"));
      return {};
    }
    indices.push_back(index);
  }
  return indices;
}

void ReadKey(Profile* profile, TableReader* reader) {
  profile->key_fields = FindFields("key", reader->Texts("key"), *profile, reader);
  if (profile->key_fields.empty() || profile->key_fields.size() > kMaxKeyFields) {
    reader->Fail("key", absl::StrCat("key must list 1 to ", kMaxKeyFields, " fields"),
                 absl::StrCat("keyには1～", kMaxKeyFields, "個の項目を並べます"));
  }
  for (const uint32_t index : profile->key_fields) {
    const ProfileField& field = profile->fields[index];
    // Adapters compute keys from the trimmed bytes of the source. A value that other rules change afterwards would give
    // two records of one canonical key, and deletes of one that still stands under the other.
    if (field.type != FieldType::kString || field.text_rules != kTrim) {
      reader->Fail(
          "key",
          absl::StrCat(
              "the key field ", field.name,
              " must be a string with canonical = [\"trim\"] alone: adapters compute keys from trimmed source text"),
          absl::StrCat("キー項目", field.name, "のcanonicalに書けるのは「trim」だけです"));
    }
    if (!field.required) {
      reader->Fail("key", absl::StrCat("the key field ", field.name, " must be required"),
                   absl::StrCat("キー項目", field.name, "はrequired = trueにします"));
    }
    if (field.my_number && !profile->hmac_scheme) {
      reader->Fail("key",
                   absl::StrCat("the key field ", field.name, " is a My Number: fingerprint must be hmac-sha256-128"),
                   absl::StrCat("個人番号をキーにするときはfingerprintをhmac-sha256-128にします"));
    }
  }
}

void ReadIdentity(Profile* profile, TableReader* reader) {
  profile->identity_fields = FindFields("identity", reader->Texts("identity"), *profile, reader);
  for (const uint32_t index : profile->identity_fields) {
    const std::vector<uint32_t>& key = profile->key_fields;
    if (std::find(key.begin(), key.end(), index) == key.end()) continue;
    reader->Fail("identity",
                 absl::StrCat("identity names the key field ", profile->fields[index].name, ", which cannot change"),
                 "identityにキー項目は書けません");
  }
}

void ReadPeriods(Profile* profile, TableReader* reader) {
  for (const std::vector<std::string>& names : reader->TextLists("periods")) {
    const std::vector<uint32_t> pair = FindFields("periods", names, *profile, reader);
    const auto is_date = [profile](uint32_t index) { return profile->fields[index].type == FieldType::kDate; };
    if (pair.size() != 2 || !is_date(pair[0]) || !is_date(pair[1])) {
      return reader->Fail("periods", "each period must be two different date fields",
                          "periodsには日付の項目を2つずつ並べます");
    }
    profile->periods.push_back({pair[0], pair[1]});
  }
}

}  // namespace

const std::string* ProfileField::FindCode(absl::string_view spelling) const {
  const auto before = [](const auto& code, absl::string_view text) { return absl::string_view(code.first) < text; };
  const auto found = std::lower_bound(codes.begin(), codes.end(), spelling, before);
  return found == codes.end() || found->first != spelling ? nullptr : &found->second;
}

bool ProfileField::LengthFits(absl::string_view value) const {
  // Characters are never more than bytes, so most values need no count.
  if (exact_length == 0 && value.size() <= max_length) return true;
  const size_t length = CountCharacters(value);
  return exact_length == 0 ? length <= max_length : length == exact_length;
}

size_t ProfileField::MaxSourceBytes() const {
  // Four bytes are a code point, the rest is room for combining marks that NFC takes away, and for the layout of JSON.
  constexpr size_t kMaxBytesPerCharacter = 16;
  constexpr size_t kMinBytes = 1024;
  return std::max(kMinBytes, max_length * kMaxBytesPerCharacter);
}

JsonShape ProfileField::Shape() const {
  if (type == FieldType::kJsonObject) return JsonShape::kObject;
  return elements_objects ? JsonShape::kArrayOfObjects : JsonShape::kArray;
}

absl::StatusOr<Profile> ParseProfile(absl::string_view toml) {
  ASSIGN_OR_RETURN(const toml::table root, ParseToml(toml));
  absl::Status error;
  TableReader(root, &error).OnlyMembers(kTables);
  RETURN_IF_ERROR(error);
  const toml::table* head = RequiredTable(root, "profile", &error);
  const toml::table* record = RequiredTable(root, "record", &error);
  RETURN_IF_ERROR(error);

  Profile profile;
  profile.text = std::string(toml);
  ReadHead(*head, &profile, &error);
  TableReader reader(*record, &error);
  reader.OnlyMembers({"key", "identity", "fingerprint", "periods", "date_formats"});
  constexpr Word<bool> kSchemes[] = {{"xxh3-128", false}, {"hmac-sha256-128", true}};
  profile.hmac_scheme = reader.Choice<bool>("fingerprint", kSchemes, false);
  ReadFields(root, ReadDateFormats(&reader, kDateIso), &profile, &error);
  RETURN_IF_ERROR(error);
  ReadKey(&profile, &reader);
  ReadIdentity(&profile, &reader);
  ReadPeriods(&profile, &reader);
  RETURN_IF_ERROR(error);
  return profile;
}

}  // namespace sabun
