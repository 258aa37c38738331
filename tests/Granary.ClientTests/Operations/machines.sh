# What stands for an operator's machines where the commands of docs/operations.md are run. A machine is a folder of $ROOT, in which its paths are;
# commands run on "here", and by ssh on others. systemctl starts what the unit says, on the machine's own ports: the file $ROOT/MACHINE/environment
# has what the machine's processes know besides, one NAME=VALUE a line. A `granary serve` in the foreground ends where the unit starts.
# $PUBLISHED is the folder of the published server.
MACHINE=here
export PATH=$ROOT/here/usr/local/bin:$PATH
for folder in "$ROOT"/*/; do mkdir -p "$folder"/{opt,etc/systemd/system,usr/local/bin,var/lib,backup}; done

# A process without a parent that reaps it stays as a zombie.
running() { case $(ps -o stat= -p "$1") in '' | Z*) return 1 ;; esac; }

end() {
  local pid
  [ -e "$1" ] || return 0
  pid=$(cat "$1")
  rm "$1"
  kill -TERM "$pid" 2>/dev/null || return 0
  while running "$pid"; do sleep 0.1; done
}

end_all() {
  local file
  for file in "$ROOT"/*/*.pid; do end "$file"; done
  for file in "$ROOT"/*/var/lib/postgresql/data/postmaster.pid; do
    # What the tests started themselves is a link, and theirs to stop.
    [ ! -e "$file" ] || [ -L "${file%/*}" ] || as_postgres "pg_ctl -D '${file%/*}' -m immediate stop"
  done
} >/dev/null
trap end_all EXIT

# The unit's own lines, with the machine's folder before each path; its user is the one that runs this.
unit() { sed -n "s/^$1=//p" "$ROOT/$MACHINE/etc/systemd/system/granary.service" | sed "s#\(^\|[ =]\)/#\1$ROOT/$MACHINE/#g"; }

# What the machine's processes know besides; the shell itself could not hold a name with a hyphen.
with_environment() { mapfile -t own <"$ROOT/$MACHINE/environment" && exec env "${own[@]}" "$@"; }

value() { sed -n "s/^$1=//p" "$ROOT/$MACHINE/environment"; }

start() {
  local file=$ROOT/$MACHINE/unit.pid settings=$ROOT/$MACHINE$(sed -n 's/^EnvironmentFile=-//p' "$ROOT/$MACHINE/etc/systemd/system/granary.service")
  [ ! -e "$file" ] || return 0
  end "$ROOT/$MACHINE/foreground.pid"
  mkdir -p -m 700 "$ROOT/$MACHINE/var/lib/$(unit StateDirectory)"
  (
    cd /
    set -a
    eval "$(unit Environment)"
    [ ! -e "$settings" ] || . "$settings"
    export SYSTEMD_EXEC_PID=$BASHPID JOURNAL_STREAM=1:1
    with_environment $(unit ExecStart)
  ) >>"$ROOT/$MACHINE/log" 2>&1 </dev/null &
  echo $! >"$file"
}

systemctl() {
  case $1 in
    start | enable) start ;;
    stop) end "$ROOT/$MACHINE/unit.pid" ;;
    restart) end "$ROOT/$MACHINE/unit.pid" && start ;;
    daemon-reload) [ -s "$ROOT/$MACHINE/etc/systemd/system/granary.service" ] ;;
  esac
}

# The journal takes the level of a line from its first characters, and "info" where there is none.
journalctl() {
  case $* in
    *'-p warning'*) grep '^<[0-4]>' "$ROOT/$MACHINE/log" || true ;;
    *) cat "$ROOT/$MACHINE/log" ;;
  esac
}

granary() {
  [ "$1" = serve ] || { (with_environment granary "$@"); return; }
  (with_environment granary "$@") >>"$ROOT/$MACHINE/log" 2>&1 </dev/null &
  echo $! >"$ROOT/$MACHINE/foreground.pid"
  curl -fsS --retry 60 --retry-delay 1 --retry-connrefused "$(value GRANARY_Urls)/health/ready"
}

section() { printf '\n== %s\n' "$1"; }

dotnet() { [ "$1" = publish ] && cp -r "$PUBLISHED" "${@: -1}"; }

# There is one user here.
useradd() { [ "${@: -1}" = granary ]; }
chown() { :; }
sudo() { [ "$1 $2" = '-u granary' ] && "${@:3}"; }
install() {
  local rest=()
  while [ $# -gt 0 ]; do
    case $1 in
      -o | -g) shift 2 ;;
      *) rest+=("$1") && shift ;;
    esac
  done
  command install "${rest[@]}"
}

ssh() {
  local name=${1#*@}
  (MACHINE=${name%%.*} && eval "${2//"$ROOT/here/"/"$ROOT/$MACHINE/"}")
}

scp() {
  local name=${*: -1}
  local machine=${name%%.*} folder=${name#*:}
  command cp "${@:1:$#-1}" "${folder/"$ROOT/here/"/"$ROOT/$machine/"}"
}

# PostgreSQL refuses to run as root.
as_postgres() {
  if [ "$(id -u)" = 0 ]; then (cd / && su postgres -s /bin/sh -c "PATH='$PATH'; $1"); else (cd / && sh -c "$1"); fi
}

pg_basebackup() {
  mkdir -p "$ROOT/$MACHINE/var/lib/postgresql"
  chmod 711 "$ROOT" "$ROOT/$MACHINE" "$ROOT/$MACHINE/var" "$ROOT/$MACHINE/var/lib"
  [ "$(id -u)" != 0 ] || command chown postgres "$ROOT/$MACHINE/var/lib/postgresql"
  as_postgres "pg_basebackup $*"
}

pg_ctl() {
  case $* in
    *' start') as_postgres "pg_ctl -o '-p $(value PGPORT) -h 127.0.0.1 -k $ROOT/$MACHINE/var/lib/postgresql' $*" ;;
    *) as_postgres "pg_ctl $*" ;;
  esac >/dev/null
}

set -euo pipefail
