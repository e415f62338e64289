#!/bin/sh
# Makes a certificate authority for development and tests, with a certificate for the engine and one for each role.
# For real personal data use the authority of your own organization: see README.md beside this file.
#
#   deploy/pki/make-development-pki.sh DIR                       all of it; what is there already stays
#   deploy/pki/make-development-pki.sh DIR client ROLE NAME      one more client: DIR/ROLE-NAME.crt and .key
#   deploy/pki/make-development-pki.sh DIR server                another certificate for the engine (rotation)
#   deploy/pki/make-development-pki.sh DIR revoke NAME           DIR/NAME.crt is not accepted any more: DIR/crl.pem
#
# $SABUN_PKI_ORGANIZATION is the organization in the clients' names (mihon-city), $SABUN_PKI_NAMES the names of the
# engine's machine (DNS:localhost,IP:127.0.0.1,IP:::1), $SABUN_PKI_DAYS how long certificates last (90).
set -eu
umask 077

dir=${1:?usage: make-development-pki.sh DIR [client ROLE NAME | server | revoke NAME]}
organization=${SABUN_PKI_ORGANIZATION:-mihon-city}
names=${SABUN_PKI_NAMES:-DNS:localhost,IP:127.0.0.1,IP:::1}
period="-days ${SABUN_PKI_DAYS:-90}"
# For tests: certificates that ended at this time, as YYYYMMDDHHMMSSZ.
[ -z "${SABUN_PKI_ENDED:-}" ] || period="-startdate 20200101000000Z -enddate $SABUN_PKI_ENDED"
roles='source submitter operator approver auditor key_officer administrator'

mkdir -p "$dir/ca"
dir=$(cd "$dir" && pwd)

# openssl says much when all is well; it is shown only when it fails.
quietly() {
  "$@" >"$dir/ca/said" 2>&1 || { cat "$dir/ca/said" >&2; exit 1; }
}

write_settings() {
  cat >"$dir/ca/openssl.cnf" <<END
[ca]
default_ca = authority
[authority]
database = $dir/ca/index.txt
new_certs_dir = $dir/ca/issued
certificate = $dir/ca.crt
private_key = $dir/ca/ca.key
serial = $dir/ca/serial
crlnumber = $dir/ca/crlnumber
default_md = sha256
default_crl_days = 30
unique_subject = no
policy = any
copy_extensions = none
[any]
commonName = supplied
[request]
distinguished_name = name
prompt = no
[name]
CN = sabun
[root]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
END
}

make_authority() {
  [ ! -e "$dir/ca.crt" ] || return 0
  mkdir -p "$dir/ca/issued"
  : >"$dir/ca/index.txt"
  echo 1000 >"$dir/ca/serial"
  echo 1000 >"$dir/ca/crlnumber"
  write_settings
  quietly openssl req -new -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=Sabun development authority" \
    -config "$dir/ca/openssl.cnf" -extensions root -keyout "$dir/ca/ca.key" -out "$dir/ca.crt"
}

# issue FILE COMMON_NAME USAGE ALTERNATIVE_NAMES
issue() {
  cat >"$dir/ca/$1.ext" <<END
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = $3
subjectAltName = $4
END
  quietly openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" -config "$dir/ca/openssl.cnf" \
    -keyout "$dir/ca/$1.key" -out "$dir/ca/$1.csr"
  # shellcheck disable=SC2086  # Two words and two more.
  quietly openssl ca -batch -notext $period -config "$dir/ca/openssl.cnf" -extfile "$dir/ca/$1.ext" -in "$dir/ca/$1.csr" \
    -out "$dir/ca/$1.crt"
  # The key first: whoever reads the pair in between tries again when it does not fit.
  mv "$dir/ca/$1.key" "$dir/$1.key"
  mv "$dir/ca/$1.crt" "$dir/$1.crt"
  rm "$dir/ca/$1.csr" "$dir/ca/$1.ext"
}

issue_client() { # FILE ROLE NAME
  issue "$1" "$3" clientAuth "URI:spiffe://sabun/$organization/$2/$3"
}

write_revocations() {
  quietly openssl ca -gencrl -config "$dir/ca/openssl.cnf" -out "$dir/ca/crl.new"
  mv "$dir/ca/crl.new" "$dir/crl.pem"
}

write_access() {
  [ ! -e "$dir/access.toml" ] || return 0
  {
    echo '# Who may do what; deny by default. Written by make-development-pki.sh; engine/ARCHITECTURE.md has the table.'
    for role in $roles; do
      scope=$organization
      [ "$role" != auditor ] || scope='*'  # the chain is of all organizations
      printf '\n[[grant]]\nidentity = "spiffe://sabun/%s/%s/development"\nroles = ["%s"]\norganizations = ["%s"]\n' \
        "$organization" "$role" "$role" "$scope"
    done
  } >"$dir/access.toml"
}

make_authority
case ${2:-all} in
  all)
    [ -e "$dir/server.crt" ] || issue server "sabund" serverAuth "$names"
    for role in $roles; do
      [ -e "$dir/$role.crt" ] || issue_client "$role" "$role" development
    done
    [ -e "$dir/crl.pem" ] || write_revocations
    write_access
    echo "made in $dir: ca.crt, crl.pem, access.toml, server and a client for each of: $roles"
    ;;
  client) issue_client "$3-$4" "$3" "$4" ;;
  server) issue server "sabund" serverAuth "$names" ;;
  revoke)
    quietly openssl ca -config "$dir/ca/openssl.cnf" -revoke "$dir/$3.crt"
    write_revocations
    ;;
  *)
    echo "make-development-pki.sh: there is no \"$2\"" >&2
    exit 2
    ;;
esac
