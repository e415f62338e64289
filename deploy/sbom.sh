#!/bin/bash
# Writes the list of components (SPDX 2.3, JSON) to standard output: what the built programs are linked with, the libraries of
# headers, the tools that built them; each with version, licence and the name under which Debian's security tracker knows it.
#
#   deploy/sbom.sh [--bin DIR] [--names]     DIR: build/release/bin by default, else build/dev/bin
#                                            --names: only the tracker's source packages, one a line
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."

bin= names=
while [ $# -gt 0 ]; do
  case $1 in
    --bin) bin=$2; shift 2 ;;
    --names) names=1; shift ;;
    *) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 2 ;;
  esac
done
for folder in ${bin:+"$bin"} build/release/bin build/dev/bin; do
  if [ -x "$folder/sabund" ]; then bin=$folder; break; fi
done
[ -x "$bin/sabund" ] || { echo "sbom: the programs are not built: cmake --build --preset release, or --bin DIR" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Which package each linked library comes from; one that no package owns is an error, not a gap. A library may be known by its own
# name, by the file it is a link to, and with or without /usr; dpkg is asked once for all of them.
for program in sabund sabun; do ldd "$bin/$program"; done |
  sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p' | sort -u | while read -r library; do
    real=$(readlink -f "$library")
    printf "$library %s\n" "$library" "$real" "/usr$library" "${real#/usr}"
  done >"$work/places"
{ cut -d' ' -f2 "$work/places" | sort -u | xargs dpkg-query -S 2>/dev/null || true; } | sed 's/^\([^:, ]*\).*: \//\1 \//' >"$work/owners"
awk 'NR == FNR { owner[$2] = $1; next }
  { library[$1] = 1 }
  $2 in owner && !($1 in package) { package[$1] = owner[$2] }
  END {
    for (name in library) if (name in package) print package[name]; else { print "sbom: no package owns " name >"/dev/stderr"; missing = 1 }
    exit missing
  }' "$work/owners" "$work/places" | sort -u >"$work/linked"
# What is needed to build: libraries (-dev) and tools. Tests and benchmarks are not part of the programs.
sed -n '/^# Tests and benchmarks/q; s/#.*//; s/ *$//; /./p' deploy/packages.txt | sort -u >"$work/listed"
dpkg-query -W -f '${Package} ${db:Status-Status}\n' $(cat "$work/listed") 2>/dev/null | sed -n 's/ installed$//p' | sort -u >"$work/used"

if [ -n "$names" ]; then
  sort -u "$work/linked" "$work/used" | xargs dpkg-query -W -f '${source:Package}\n' | sort -u
  exit 0
fi

# The names of the licences in a package's copyright file, one a line: its own words, and "unstated" where it has none.
licences_of() {
  local file=/usr/share/doc/$1/copyright
  [ -r "$file" ] || { echo unstated; return; }
  { sed -n 's/^License: *\([^ ].*\)$/\1/p' "$file" | sed 's/ with .*exception.*//I; s/[, ]\+\(and\|or\|and\/or\)[, ]\+/\n/g; s/|/\n/g; s/, */\n/g; s/\/.*//' |
    sed 's/[^A-Za-z0-9.+-]\+/-/g; s/^-*//; s/-*$//' | grep . | sort -u; } ||
    { grep -o '/usr/share/common-licenses/[A-Za-z]\+\(-[0-9.]*[0-9]\)\?' "$file" | sed 's|.*/||' | sort -u | grep .; } || echo unstated
}
sort -u "$work/linked" "$work/used" |
  xargs dpkg-query -W -f '${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n' | sort -u -t "$(printf '\t')" -k 1,1 |
  while IFS= read -r line; do
    package=${line%%$'\t'*} role=build
    if grep -qx "$package" "$work/linked"; then role=linked; elif [[ $package == *-dev ]]; then role=headers; fi
    printf '%s\t%s\t%s\n' "$line" "$role" "$(licences_of "$package" | paste -sd ' ')"
  done >"$work/components"

# What the comparison with other programs downloads: never part of Sabun, and listed apart.
jq -r '.packages | to_entries[] | select(.key | startswith("node_modules/")) |
  [(.key | sub(".*node_modules/"; "")), .value.version, "any", "-", "-", "peers", (.value.license // "unstated")] | @tsv' \
  bench/peers/package-lock.json | sort -u >>"$work/components"

version=$("$bin/sabund" --version)
jq -R -s --arg version "$version" --arg created "${SOURCE_DATE_EPOCH:+$(date -u -d "@$SOURCE_DATE_EPOCH" +%FT%TZ)}" '
  # Debian short names of licences that SPDX spells otherwise; what is in neither list is described as LicenseRef-.
  def spdx: {"GPL-2":"GPL-2.0-only","GPL-2+":"GPL-2.0-or-later","GPL-3":"GPL-3.0-only","GPL-3+":"GPL-3.0-or-later","LGPL-2":"LGPL-2.0-only",
    "LGPL-2+":"LGPL-2.0-or-later","LGPL-2.1":"LGPL-2.1-only","LGPL-2.1+":"LGPL-2.1-or-later","LGPL-3":"LGPL-3.0-only","LGPL-3+":"LGPL-3.0-or-later",
    "BSD-2-clause":"BSD-2-Clause","BSD-2-Clause":"BSD-2-Clause","BSD-3-clause":"BSD-3-Clause","BSD-3-Clause":"BSD-3-Clause","Expat":"MIT","MIT":"MIT",
    "Apache-2.0":"Apache-2.0","Apache-2":"Apache-2.0","Zlib":"Zlib","zlib":"Zlib","ISC":"ISC","CC0-1.0":"CC0-1.0","CC0":"CC0-1.0","BSL-1.0":"BSL-1.0",
    "Unicode":"Unicode-DFS-2016","OpenSSL":"OpenSSL","curl":"curl"};
  def licence: . as $name | (spdx[$name] // ("LicenseRef-Debian-" + ($name | gsub("[^A-Za-z0-9.-]"; "-plus"))));
  def id: "SPDXRef-" + gsub("[^A-Za-z0-9.-]"; "-");
  [split("\n")[] | select(. != "") | split("\t") | {name: .[0], version: .[1], arch: .[2], source: .[3], source_version: .[4], role: .[5], licences: (.[6] | split(" "))}] as $components |
  {spdxVersion: "SPDX-2.3", dataLicense: "CC0-1.0", SPDXID: "SPDXRef-DOCUMENT", name: ("sabun-" + $version),
   documentNamespace: ("https://sabun.invalid/spdx/" + $version + "/" + ($components | map(.name + "=" + .version) | join(",") | @base64 | .[0:64] | gsub("[+/=]"; "-")) + "-" + ($components | length | tostring)),
   creationInfo: {created: (if $created == "" then (now | todate) else $created end), creators: ["Tool: deploy/sbom.sh"]},
   documentDescribes: ["SPDXRef-sabun"],
   packages: ([{name: "sabun", SPDXID: "SPDXRef-sabun", versionInfo: $version, downloadLocation: "NOASSERTION", filesAnalyzed: false,
      licenseConcluded: "NOASSERTION", licenseDeclared: "NOASSERTION", copyrightText: "NOASSERTION"}] +
    [$components[] | {name, SPDXID: ("Package-" + .name | id), versionInfo: .version, downloadLocation: "NOASSERTION", filesAnalyzed: false,
      licenseConcluded: "NOASSERTION", copyrightText: "NOASSERTION",
      licenseDeclared: (if .licences == ["unstated"] then "NOASSERTION" else ([.licences[] | licence] | unique | join(" AND ")) end)} +
      (if .role == "peers" then {externalRefs: [{referenceCategory: "PACKAGE-MANAGER", referenceType: "purl",
          referenceLocator: ("pkg:npm/" + (.name | @uri) + "@" + .version)}]}
       else {supplier: "Organization: Debian", sourceInfo: ("Debian source package " + .source + " " + .source_version),
        licenseComments: ("As /usr/share/doc/" + .name + "/copyright names them: " + (.licences | join(", "))),
        externalRefs: [
          {referenceCategory: "PACKAGE-MANAGER", referenceType: "purl",
            referenceLocator: ("pkg:deb/debian/" + (.name | @uri) + "@" + (.version | @uri) + "?arch=" + .arch + "&distro=debian-12")},
          {referenceCategory: "SECURITY", referenceType: "advisory",
            referenceLocator: ("https://security-tracker.debian.org/tracker/source-package/" + (.source | @uri))}]} end)]),
   hasExtractedLicensingInfos: [[$components[].licences[] | select(. != "unstated") | {name: ., id: licence} | select(.id | startswith("LicenseRef-"))] | unique_by(.id)[] |
      {licenseId: .id, name: .name, extractedText: ("The licence that Debian calls " + .name + "; its text is in the copyright files of the packages that name it.")}],
   relationships: ([{spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES", relatedSpdxElement: "SPDXRef-sabun"}] +
    [$components[] | ("Package-" + .name | id) as $id |
      if .role == "linked" then {spdxElementId: "SPDXRef-sabun", relationshipType: "DYNAMIC_LINK", relatedSpdxElement: $id}
      elif .role == "headers" then {spdxElementId: $id, relationshipType: "BUILD_DEPENDENCY_OF", relatedSpdxElement: "SPDXRef-sabun"}
      elif .role == "peers" then {spdxElementId: $id, relationshipType: "TEST_DEPENDENCY_OF", relatedSpdxElement: "SPDXRef-sabun"}
      else {spdxElementId: $id, relationshipType: "BUILD_TOOL_OF", relatedSpdxElement: "SPDXRef-sabun"} end])}' "$work/components"
