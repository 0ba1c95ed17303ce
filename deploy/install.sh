#!/bin/bash
# Installs a built checkout on this host: /usr/lib/nap, /usr/bin/nap-agent, /usr/bin/nap-controller and their units. Only
# the agent's is enabled, when it is first installed: the controller's daemon runs where somebody wants it
# (systemctl enable --now nap-controller).
#
#   install.sh                    copy what is needed to run; may be repeated, also with a newer checkout
#   install.sh --controller-only  without the agent: for an operator's machine, which runs no containers
#   install.sh --link             use the checkout where it is, for development
#   install.sh --start            and start the agent now (one that runs is restarted in any case)
#   install.sh --uninstall        remove all of it; containers, /etc/nap and /var/lib/nap stay
set -euo pipefail
# Whatever root has: nap-controller.service runs as a user of its own, and operators run the commands.
umask 022

# As npm sees it, which names no links.
checkout=$(cd "$(dirname "$0")/.." && pwd -P)
lib=/usr/lib/nap
units=/etc/systemd/system
unit=$units/nap-agent.service
commands=(agent controller)
# Where systemd looks for programs, and so does whoever has set nothing.
service_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
node=
node_hint="install Node.js 20.19 or newer for all users: from a package, or as /usr/local/bin/node"

main() {
  local mode=copy start=no argument
  for argument in "$@"; do
    case $argument in
      --controller-only) commands=(controller) ;;
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
  has_agent || [ "$start" = no ] || die "--start is about the agent" "leave out --controller-only or --start"
  check "$mode"
  announce "$mode" "$start"
  "install_by_$mode"
  install_commands
  install_units
  start_agent "$start"
}

usage() { sed -n '2,/^set /{s/^# \{0,1\}//p}' "$0"; }

die() { # die WHAT HINT
  echo "install.sh: $1" >&2
  echo "  $2" >&2
  exit 1
}

has_agent() { [ "${commands[0]}" = agent ]; }

check() { # check MODE
  local command
  find_node
  [ "$1" = link ] || is_for_all "$node" || die "$node leads to $(readlink -f "$node"), which services and other users cannot reach" "$node_hint"
  for command in "${commands[@]}"; do
    [ -e "$checkout/packages/$command/dist/main.js" ] || die "the checkout is not built" "run scripts/setup in $checkout"
  done
  has_agent || [ ! -e "$unit" ] ||
    die "this host has the agent, which needs the same version" "leave out --controller-only, or --uninstall first"
}

# Not that of a shell alone, such as nvm's: the units would not find it.
find_node() {
  local other
  if ! node=$(PATH=$service_path command -v node); then
    other=$(command -v node) || die "node is not installed" "$node_hint"
    die "$other is found by this shell alone: services look in $service_path" "$node_hint"
  fi
  "$node" -e 'const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' ||
    die "$node is Node.js $("$node" --version)" "$node_hint"
}

# The units hide homes from nap-controller.
is_for_all() {
  case $(readlink -f "$1") in
    /root/* | /home/*) return 1 ;;
  esac
}

announce() { # announce MODE START
  local programs
  programs=$(printf ', /usr/bin/nap-%s' "${commands[@]}")
  case $1 in
    copy) echo "copies $checkout to $lib" ;;
    link) echo "links $lib to $checkout" ;;
  esac
  echo "writes ${programs#, }, with units in $units and examples of settings in /etc/nap"
  ! is_new_agent || echo "enables nap-agent.service"
  [ "$2" = no ] || echo "starts nap-agent.service"
}

# An upgrade leaves enabled and disabled as the operator wants it.
is_new_agent() { has_agent && [ ! -e "$unit" ]; }

install_by_link() {
  verify "$checkout"
  [ -L "$lib" ] || rm -rf "$lib"
  ln -sfn "$checkout" "$lib"
}

# Built aside and moved into place, so that a copy that is interrupted or fails leaves the old version whole.
install_by_copy() {
  local new=$lib.new
  trap clean_up EXIT
  rm -rf "$new"
  mkdir -p "$new"
  copy_packages "$new"
  cp "$checkout/package.json" "$new/"
  compile "$new"
  # The checkout may be its builder's alone.
  chmod -R u=rwX,go=rX "$new"
  verify "$new"
  rm -rf "$lib.old"
  [ ! -e "$lib" ] || mv -T "$lib" "$lib.old"
  mv -T "$new" "$lib"
  rm -rf "$lib.old"
}

clean_up() {
  [ -e "$lib" ] || [ ! -e "$lib.old" ] || mv -T "$lib.old" "$lib"
  rm -rf "$lib.new"
}

# By this host's Node: what another version has compiled it would not take, and compile at every start.
compile() { # compile TARGET
  local command
  for command in "${commands[@]}"; do
    [ ! -e "$1/packages/$command/dist/bundle" ] || "$node" "$checkout/scripts/code-cache.mjs" "$1/packages/$command/dist"
  done
}

# Runs them once, before they take the place of those that run.
verify() { # verify DIRECTORY
  local command main
  for command in "${commands[@]}"; do
    main=$1/packages/$command/dist/main.js
    [ -e "$main" ] && "$node" "$main" version >/dev/null ||
      die "nap-$command does not run from $1" "the installed version stays; run scripts/setup in $checkout"
  done
}

copy_packages() { # copy_packages TARGET
  local listed path
  listed=$(runtime_packages "$1/npm.log")
  rm -f "$1/npm.log"
  while IFS= read -r path; do
    case $path in
      "$checkout") ;;
      "$checkout"/*) copy_package "${path#"$checkout"/}" "$1" ;;
      *) die "$path is needed, and not in $checkout" "run npm ci there: a node_modules elsewhere cannot be copied" ;;
    esac
  done <<<"$listed"
}

# What is needed to run, as directories of the checkout.
runtime_packages() { # runtime_packages LOG
  local command npm workspaces=()
  PATH=$PATH:$service_path
  npm=$(command -v npm) || die "npm is not installed, which knows what nap needs to run" "install it; Node.js comes with it, but for Debian's package"
  for command in "${commands[@]}"; do workspaces+=(--workspace "@nap/$command"); done
  (cd "$checkout" && "$npm" ls --omit=dev --all --parseable "${workspaces[@]}" 2>"$1") || {
    cat "$1" >&2
    die "npm ls failed: $checkout/node_modules is not what its package-lock.json says" "run npm ci there"
  }
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
    # With the flags that the first line of the program has, and the Node that it was compiled for.
    flags=$(sed -n '1s/^#!.* node //p' "$lib/packages/$command/dist/main.js")
    printf '#!/bin/sh\nexec %s %s %s/packages/%s/dist/main.js "$@"\n' "$node" "$flags" "$lib" "$command" >"/usr/bin/nap-$command"
    chmod 755 "/usr/bin/nap-$command"
  done
}

install_units() {
  local command enable=no
  ! is_new_agent || enable=yes
  for command in "${commands[@]}"; do
    install -D -m 644 "$checkout/deploy/systemd/nap-$command.service" "$units/nap-$command.service"
    install -D -m 644 "$checkout/deploy/systemd/$command.env.example" "/etc/nap/$command.env.example"
  done
  reload
  [ "$enable" = no ] || systemctl --quiet enable nap-agent.service
}

start_agent() { # start_agent yes|no
  ! is_booted || systemctl try-restart nap-controller.service
  has_agent || return 0
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
  for command in agent controller; do
    if [ -e "$units/nap-$command.service" ]; then
      if is_booted; then systemctl stop "nap-$command.service"; fi
      systemctl --quiet disable "nap-$command.service"
    fi
    # Also what is left where somebody has removed the unit.
    rm -f "$units"/{,*.wants/}"nap-$command.service" "/usr/bin/nap-$command"
  done
  reload
  rm -rf "$lib" "$lib.new" "$lib.old"
}

# Not in a chroot or an image that is being built.
is_booted() { [ -d /run/systemd/system ]; }
reload() { ! is_booted || systemctl daemon-reload; }

main "$@"
