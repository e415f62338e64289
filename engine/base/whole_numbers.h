// Stored JSON has whole numbers only.
#pragma once

namespace sabun {

// For the parsers of nlohmann's JSON, as their callback: throws the library's own error at a number that is no integer
// of 64 bits. The library would cut it to the type it is read into, which is undefined when it is too large.
template <typename Json>
bool WholeNumbersOnly(int, typename Json::parse_event_t event, Json& value) {
  if (event == Json::parse_event_t::value && value.is_number_float()) {
    throw Json::type_error::create(302, "a number is no integer of 64 bits", &value);
  }
  return true;
}

}  // namespace sabun
