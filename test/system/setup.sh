#!/bin/sh
# Installs the Debian packages that some tests use beyond npm. Without them those tests are skipped by name.
# Quiet and quick where nothing is missing; needs root or sudo where something is.
set -eu

# cryptography and boto3: independent peers of test/interop. tmux: a terminal for the tests of the command line.
# util-linux: prlimit, for the store on a disk without room.
# gnome-keyring, dbus-daemon, libsecret-tools: a keyring on a session bus of its own.
# chromium: a browser. zsh, fish, man-db: what completions and the manual page are for.
# fonts-dejavu-core: letters for the browser. openssh-server, openssh-client: the sftp drop's other end, and a peer. microsocks, tinyproxy: proxies.
packages="python3 python3-cryptography python3-boto3 tmux util-linux gnome-keyring dbus-daemon libsecret-tools"
packages="$packages openssh-server openssh-client microsocks tinyproxy"
packages="$packages chromium fonts-dejavu-core zsh fish man-db"

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
  echo "setup: no Debian here; tests that need one of these are skipped: $packages"
  exit 0
fi

missing=""
for package in $packages; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
  as_root="env"
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
  as_root="sudo -n"
else
  echo "setup: please install, or the tests that need them are skipped:$missing"
  exit 0
fi

# The tests start servers of their own, on loopback; none is to be started by being installed.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
  $as_root chmod 755 "$policy"
  trap '$as_root rm -f "$policy"' EXIT
fi

# shellcheck disable=SC2086 # one word a package
install_missing() {
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends $missing >/dev/null
}

# The lists that are there may do; they are fetched where they do not.
if ! install_missing 2>/dev/null; then
  if ! { $as_root apt-get update --quiet=2 >/dev/null && install_missing; }; then
    echo "setup: could not install, so the tests that need them are skipped:$missing"
    exit 0
  fi
fi
echo "setup: installed$missing"
