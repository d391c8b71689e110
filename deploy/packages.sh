# Installs Debian packages that are missing; sourced by deploy/quickstart and tests/run.
# Debian 12 and 13, Ubuntu 24.04; as root, or with sudo.

# What it takes to build and run wiremill.
WM_BUILD_PACKAGES="gcc g++ cmake ninja-build pkg-config librdkafka-dev libjansson-dev libcurl4-openssl-dev
  libmicrohttpd-dev libxml2-dev libutf8proc-dev libxxhash-dev libcld2-dev libssl-dev"
# What the tests need beside it: checks, a Kafka broker, a Docker engine.
WM_TEST_PACKAGES="git python3 libcmocka-dev clang clang-format llvm libclang-rt-dev python3-jsonschema python3-yaml curl
  default-jre-headless maven docker.io debootstrap xz-utils ca-certificates openssl nghttp2-server procps"
# Debian 13 has the docker command in a package of its own.
case "$(. /etc/os-release 2>/dev/null && echo "${ID:-} ${VERSION_ID:-}")" in
  "debian 12" | "ubuntu "*) ;;
  *) WM_TEST_PACKAGES="$WM_TEST_PACKAGES docker-cli" ;;
esac

say() { printf '%s\n' "$*" >&2; }

die() {
  say "$(basename "$0"): $1"
  exit "${2:-1}"
}

# The names among the arguments that are not installed.
wm_missing() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || printf '%s ' "$package"
  done
}

# wm_install LOG PACKAGE...: installs what is missing, with apt's output in LOG.
wm_install() {
  local log=$1 missing sudo=
  shift
  command -v apt-get >/dev/null 2>&1 || die "this needs apt-get (Debian 12 or 13, Ubuntu 24.04); elsewhere install: $*"
  missing=$(wm_missing "$@")
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 || die "missing packages: $missing; run as root, or install them"
    sudo=sudo
  fi
  say "installing: $missing"
  # shellcheck disable=SC2086
  { $sudo apt-get -q -o Acquire::Retries=3 update &&
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 install --no-install-recommends $missing; } >>"$log" 2>&1 </dev/null ||
    die "apt-get could not install the packages; the end of $log:
$(tail -5 "$log")"
}

# wm_build LOG PRESET [TARGET...]: configures and builds a preset, with the output in LOG.
wm_build() {
  local log=$1 preset=$2
  shift 2
  { cmake --preset "$preset" && cmake --build --preset "$preset" ${1:+--target "$@"}; } >>"$log" 2>&1 </dev/null || {
    grep -E -m 20 'error|Error|FAILED' "$log" >&2 || true
    die "the build failed; all of its output is in $log"
  }
}
