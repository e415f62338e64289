# The list of components is SPDX 2.3 as its specification asks, and complete: nothing that the programs load is missing.
# Usage: bash sbom_test.sh BIN SOURCE
set -euo pipefail
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$2/deploy/sbom.sh" --bin "$bin" >"$work/sbom.json"

# holds WHAT EXPRESSION: jq says true.
holds() {
  [ "$(jq "$2" "$work/sbom.json")" = true ] || { echo "FAILED: $1" >&2; exit 1; }
}
holds "the head" '.spdxVersion == "SPDX-2.3" and .dataLicense == "CC0-1.0" and .SPDXID == "SPDXRef-DOCUMENT" and (.name | length > 0)
  and (.documentNamespace | test("^https?://[^#]+$")) and (.creationInfo.created | test("^[0-9-]{10}T[0-9:]{8}Z$"))
  and ([.creationInfo.creators[] | test("^(Tool|Person|Organization): ")] | all)'
holds "identifiers" '([.packages[].SPDXID] | length == (unique | length)) and ([.packages[].SPDXID | test("^SPDXRef-[A-Za-z0-9.-]+$")] | all)'
holds "packages" '[.packages[] | (.name | length > 0) and (.versionInfo | length > 0) and .downloadLocation == "NOASSERTION" and .filesAnalyzed == false
  and (.licenseDeclared | length > 0) and (.licenseConcluded | length > 0)] | all'
holds "licences" '[.hasExtractedLicensingInfos[].licenseId] as $own |
  [.packages[].licenseDeclared | split(" AND ")[] | if startswith("LicenseRef-") then IN($own[]) else test("^[A-Za-z0-9.-]+$") end] | all'
holds "texts of own licences" '[.hasExtractedLicensingInfos[] | (.extractedText | length > 0) and (.licenseId | test("^LicenseRef-[A-Za-z0-9.-]+$"))] | all'
holds "relationships" '([.packages[].SPDXID] + ["SPDXRef-DOCUMENT"]) as $ids | [.relationships[] | IN(.spdxElementId; $ids[]) and IN(.relatedSpdxElement; $ids[])] | all'
holds "every package is related" '[.packages[].SPDXID] - [.relationships[] | .spdxElementId, .relatedSpdxElement] == []'
holds "addresses" '[.packages[] | select(.supplier) | [.externalRefs[].referenceLocator] | (.[0] | test("^pkg:deb/debian/[^@]+@[^?]+\\?arch=")) and
  (.[1] | test("^https://security-tracker.debian.org/tracker/source-package/[a-z0-9.+%-]+$"; "i"))] | all'
holds "the libraries that matter" '[.packages[].name] as $names | ["librocksdb7.8", "libssl3", "libgrpc++1.51", "libicu72", "libcurl4", "libc6"] - $names == []'
holds "peers are apart" '[.relationships[] | select(.relationshipType == "TEST_DEPENDENCY_OF")] | length > 0'
# Every loaded library's package is there as linked.
jq -r '.relationships[] | select(.relationshipType == "DYNAMIC_LINK") | .relatedSpdxElement' "$work/sbom.json" | sort >"$work/linked"
for program in sabund sabun; do ldd "$bin/$program"; done | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p' | sort -u | xargs readlink -f | sort -u >"$work/libraries"
# A file may be known to dpkg by its name before /lib became a part of /usr.
{ sed 'p; s/^\/usr//' "$work/libraries" | xargs dpkg-query -S 2>/dev/null || true; } >"$work/owners"
while read -r library; do
  package=$(sed -n "s|^\([^:, ]*\).*: \(/usr\)\?${library#/usr}$|\1|p" "$work/owners" | head -n 1)
  grep -qx "SPDXRef-Package-$(sed 's/[^A-Za-z0-9.-]/-/g' <<<"$package")" "$work/linked" ||
    { echo "FAILED: $library of $package is not listed" >&2; exit 1; }
done <"$work/libraries"
[ "$("$2/deploy/sbom.sh" --bin "$bin" --names | grep -cE '^(rocksdb|openssl|grpc)$')" = 3 ] || { echo "FAILED: names for the tracker" >&2; exit 1; }
echo "$(jq '.packages | length' "$work/sbom.json") components"
