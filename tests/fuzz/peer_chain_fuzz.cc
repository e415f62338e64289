// Whatever chain a client shows, and whatever the revocation list holds: nobody is let in but who was signed by the
// authority, for this use, for this time, and was not taken back.
//
// The certificates lie in tests/fuzz/pki: made once, for a hundred years; the authority's key was thrown away.
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/service/peer_verifier.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace sabun;
using sabun::fuzz::FuzzInput;
using sabun::fuzz::Require;

constexpr const char* kNames[] = {"good", "revoked", "expired", "server", "other", "ca"};

std::string ReadPki(const std::string& name) {
  std::ifstream in("tests/fuzz/pki/" + name, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  Require(!bytes.empty(), "the certificates are found: run this from the checkout");
  return bytes;
}

std::string ToPem(const char* kind, absl::string_view der) {
  return absl::StrCat("-----BEGIN ", kind, "-----\n", absl::Base64Escape(der), "\n-----END ", kind, "-----\n");
}

// Some bytes of `der` changed, put in or taken out.
std::string Changed(FuzzInput* input, std::string der) {
  for (uint8_t edits = input->Byte() % 6; edits > 0; --edits) {
    const uint8_t kind = input->Byte() % 4;
    const size_t at = (input->Byte() * 256u + input->Byte()) % (der.size() + 1);
    if (kind <= 1 && at < der.size()) der[at] = static_cast<char>(der[at] ^ input->Byte());
    if (kind == 2) der.insert(at, std::string(input->Piece(30)));
    if (kind == 3) der.erase(at, 1 + input->Byte() % 8);
  }
  return der;
}

// What was signed of the first certificate; empty when there is none.
std::string SignedPart(absl::string_view pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bytes(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                            &BIO_free_all);
  const std::unique_ptr<X509, decltype(&X509_free)> first(PEM_read_bio_X509(bytes.get(), nullptr, nullptr, nullptr),
                                                          &X509_free);
  if (first == nullptr) return "";
  unsigned char* der = nullptr;
  const int size = i2d_re_X509_tbs(first.get(), &der);
  std::string part(reinterpret_cast<const char*>(der), size < 0 ? 0 : static_cast<size_t>(size));
  OPENSSL_free(der);
  return part;
}

std::string Chain(FuzzInput* input) {
  static const auto* const known = [] {
    auto* all = new std::vector<std::string>();
    for (const char* name : kNames) all->push_back(ReadPki(absl::StrCat(name, ".der")));
    return all;
  }();
  std::string chain;
  for (uint8_t certificates = 1 + input->Byte() % 3; certificates > 0; --certificates) {
    chain += ToPem("CERTIFICATE", Changed(input, (*known)[input->Byte() % known->size()]));
  }
  return chain;
}

enum class Lists { kNone, kSound, kAny };

void PutList(int file, const std::string& text) {
  Require(ftruncate(file, 0) == 0 && pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()),
          "a file");
}

// What the target goes by, made once.
struct Known {
  int list = memfd_create("crl", MFD_CLOEXEC);
  std::string ca = "tests/fuzz/pki/ca.crt", list_path = absl::StrCat("/proc/self/fd/", list);
  std::string good = ToPem("CERTIFICATE", ReadPki("good.der")), revoked = ToPem("CERTIFICATE", ReadPki("revoked.der"));
  std::string good_part = SignedPart(good), revoked_part = SignedPart(revoked), sound_list = ReadPki("crl.der");

  Known() {
    PutList(list, ToPem("X509 CRL", sound_list));
    Require(JudgeClientChain(good, {ca, list_path}).ok(), "who is good is let in");
    Require(JudgeClientChain(revoked, {ca, ""}).ok(), "so is who was, without a list");
    Require(absl::IsPermissionDenied(JudgeClientChain(revoked, {ca, list_path})), "but not with it");
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto* const known = new Known();
  FuzzInput input(data, size);
  const uint8_t choice = input.Byte();
  const auto lists = static_cast<Lists>(choice % 3);
  if (lists == Lists::kSound) PutList(known->list, ToPem("X509 CRL", known->sound_list));
  if (lists == Lists::kAny && choice & 64) {
    PutList(known->list, ToPem("X509 CRL", Changed(&input, known->sound_list)));
  } else if (lists == Lists::kAny) {
    PutList(known->list, std::string(input.Piece(2'000)));
  }
  const std::string chain = choice & 128 ? std::string(input.rest()) : Chain(&input);
  const absl::Status judged = JudgeClientChain(chain, {known->ca, lists == Lists::kNone ? "" : known->list_path});
  Require(judged.ok() || absl::IsPermissionDenied(judged) || absl::IsFailedPrecondition(judged), "a refusal is told");
  if (!judged.ok()) return 0;
  const std::string first = SignedPart(chain);
  Require(first == known->good_part || (first == known->revoked_part && lists == Lists::kNone),
          "only who was signed is let in");
  return 0;
}
