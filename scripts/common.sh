# Shared by the scripts beside it; sourced, not run.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*"; }
head_line() { printf '\n\033[1m%s\033[0m\n' "$*" | plain_unless_terminal; }
plain_unless_terminal() { if [ -t 1 ]; then cat; else sed 's/\x1b\[[0-9;]*m//g'; fi; }

# give_up WHAT CURE...: one line of what went wrong, then what to do about it.
give_up() {
  printf 'error: %s\n' "$1" >&2
  shift
  for line in "$@"; do printf '       %s\n' "$line" >&2; done
  exit 1
}

# build_preset PRESET [TARGET...]: configures when needed and builds; ninja's own progress is the display.
build_preset() {
  local preset=$1
  shift
  local folder=$root/build-$preset
  [ "$preset" = dev ] && folder=$root/build
  local log=$folder/configure.log
  if [ ! -f "$folder/build.ninja" ] || [ "$root/CMakePresets.json" -nt "$folder/build.ninja" ]; then
    say "Configuring ($preset)…"
    mkdir -p "$folder"
    (cd "$root" && cmake --preset "$preset") >"$log" 2>&1 || {
      tail -n 30 "$log" >&2
      give_up "cmake refused to configure" "the whole log: $log" "run scripts/setup if a package is missing"
    }
  fi
  local targets=()
  [ $# -gt 0 ] && targets=(--target "$@")
  (cd "$root" && cmake --build --preset "$preset" "${targets[@]}") ||
    give_up "the build failed (see above)" "after pulling many changes, removing $folder helps"
}
