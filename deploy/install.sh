#!/bin/bash
# Installs a built checkout on this host: /usr/lib/nap, /usr/bin/nap-agent, /usr/bin/nap-controller and their units. Only
# the agent's is enabled: the controller's daemon runs where somebody wants it (systemctl enable --now nap-controller).
#
#   install.sh              copy what is needed to run; may be repeated, also with a newer checkout
#   install.sh --link       use the checkout where it is, for development
#   install.sh --start      and start the agent now (one that runs is restarted in any case)
#   install.sh --uninstall  remove all of it; containers, /etc/nap and /var/lib/nap stay
set -euo pipefail

checkout=$(cd "$(dirname "$0")/.." && pwd)
lib=/usr/lib/nap
units=/etc/systemd/system
unit=$units/nap-agent.service
commands=(agent controller)

main() {
  local mode=copy start=no argument
  for argument in "$@"; do
    case $argument in
      --link) mode=link ;;
      --start) start=yes ;;
      --uninstall) mode=uninstall ;;
      --help | -h) usage; exit 0 ;;
      *) usage >&2; exit 2 ;;
    esac
  done
  [ "$(id -u)" = 0 ] || die "needs root" "run it with sudo"
  if [ "$mode" = uninstall ]; then
    uninstall
    return
  fi
  check
  announce "$mode" "$start"
  "install_by_$mode"
  install_commands
  install_unit
  start_agent "$start"
}

usage() { sed -n '2,/^set /{s/^# \{0,1\}//p}' "$0"; }

die() { # die WHAT HINT
  echo "install.sh: $1" >&2
  echo "  $2" >&2
  exit 1
}

check() {
  command -v node >/dev/null || die "node is not installed" "install Node.js 20.19 or newer"
  node -e 'const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' ||
    die "$(command -v node) is Node.js $(node --version)" "install Node.js 20.19 or newer"
  [ -e "$checkout/packages/agent/dist/main.js" ] || die "the checkout is not built" "run scripts/setup in $checkout"
}

announce() { # announce MODE START
  case $1 in
    copy) echo "copies $checkout to $lib" ;;
    link) echo "links $lib to $checkout" ;;
  esac
  echo "writes /usr/bin/nap-agent, /usr/bin/nap-controller, their units in $units, and examples of their settings in /etc/nap"
  echo "enables nap-agent.service$([ "$2" = no ] || echo ", and starts it")"
}

install_by_link() {
  [ -L "$lib" ] || rm -rf "$lib"
  ln -sfn "$checkout" "$lib"
}

# Built aside and moved into place, so that an interrupted copy leaves the old version whole.
install_by_copy() {
  local new=$lib.new path
  rm -rf "$new"
  mkdir -p "$new"
  runtime_packages | while read -r path; do copy_package "$path" "$new"; done
  cp "$checkout/package.json" "$new/"
  compile "$new"
  rm -rf "$lib.old"
  [ ! -e "$lib" ] || mv -T "$lib" "$lib.old"
  mv -T "$new" "$lib"
  rm -rf "$lib.old"
}

# By this host's Node: what another version has compiled it would not take, and compile at every start.
compile() { # compile TARGET
  local command
  for command in "${commands[@]}"; do
    [ ! -e "$1/packages/$command/dist/bundle" ] || node "$checkout/scripts/code-cache.mjs" "$1/packages/$command/dist"
  done
}

# What agent and controller need to run, as directories below the checkout.
runtime_packages() {
  (cd "$checkout" && npm ls --omit=dev --all --parseable --workspace @nap/agent --workspace @nap/controller 2>/dev/null) |
    sed -n "s|^$checkout/||p"
}

copy_package() { # copy_package PATH TARGET: without the packages nested in it, which are listed themselves
  local from=$checkout/$1 to=$2/$1 real
  if [ -L "$from" ]; then # one of nap's own
    real=packages/${1##*/}
    mkdir -p "$2/$real" "$(dirname "$to")"
    cp -r "$checkout/$real/package.json" "$checkout/$real/dist" "$2/$real/"
    ln -sfn "../../$real" "$to"
    return
  fi
  mkdir -p "$to"
  tar -C "$from" --exclude=./node_modules -cf - . | tar -C "$to" --no-same-owner -xf -
}

# A wrapper rather than a link: the compiler sets no executable bit. The warning is about addresses as names in TLS.
install_commands() {
  local command flags
  for command in "${commands[@]}"; do
    # With the flags that the first line of the program has.
    flags=$(sed -n '1s/^#!.* node //p' "$lib/packages/$command/dist/main.js")
    printf '#!/bin/sh\nexec node %s %s/packages/%s/dist/main.js "$@"\n' "$flags" "$lib" "$command" >"/usr/bin/nap-$command"
    chmod 755 "/usr/bin/nap-$command"
  done
}

install_unit() {
  local command
  for command in "${commands[@]}"; do
    install -D -m 644 "$checkout/deploy/systemd/nap-$command.service" "$units/nap-$command.service"
    install -D -m 644 "$checkout/deploy/systemd/$command.env.example" "/etc/nap/$command.env.example"
  done
  reload
  systemctl --quiet enable nap-agent.service
}

start_agent() { # start_agent yes|no
  ! is_booted || systemctl try-restart nap-controller.service
  if [ "$1" = yes ]; then
    systemctl restart nap-agent.service
  elif is_booted; then
    systemctl try-restart nap-agent.service
    [ -e /etc/nap/agent.env ] || echo "next: cp /etc/nap/agent.env.example /etc/nap/agent.env, and name etcd's endpoints there"
    systemctl --quiet is-active nap-agent.service || echo "next: systemctl start nap-agent"
  fi
}

uninstall() {
  local command
  echo "stops nap-agent and nap-controller; removes their units, /usr/bin/nap-agent, /usr/bin/nap-controller and $lib"
  echo "keeps containers (they run on), /etc/nap and /var/lib/nap"
  for command in "${commands[@]}"; do
    [ -e "$units/nap-$command.service" ] || continue
    if is_booted; then systemctl stop "nap-$command.service"; fi
    systemctl --quiet disable "nap-$command.service"
    rm -f "$units/nap-$command.service" "/usr/bin/nap-$command"
  done
  reload
  rm -rf "$lib" "$lib.new" "$lib.old"
}

# Not in a chroot or an image that is being built.
is_booted() { [ -d /run/systemd/system ]; }
reload() { ! is_booted || systemctl daemon-reload; }

main "$@"
