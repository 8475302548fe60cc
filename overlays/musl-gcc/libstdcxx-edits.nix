# Edits to libstdc++'s source for musl: the text of a shell. Each stops the build if it does not find what it changes.
{ version, target }:
let
  # Pieces of C++ that are put in.
  parts = ./libstdcxx;
  generic = "libstdc++-v3/config/locale/generic";
  # different FILE HOW: for a source of another release, in which an edit finds nothing.
  different = ''
    different() {
      echo "error: $1 is not as it was: it $2 in another way" >&2
      exit 1
    }
  '';
  # With any libc but glibc, std::locale takes the name "C" alone, so that std::locale("") throws wherever LANG is set, and it holds
  # nothing of the C library. musl takes every name, and its locales have UTF-8 in common; so does std::locale here. Its parts
  # hold a mark for every locale but C, by which a conversion of characters asks musl for UTF-8 in its thread.
  locale = ''
    file=${generic}/c_locale.cc
    sed -i -e '/^    if (strcmp(__s, "C"))$/{e cat ${parts}/create-locale.h
      N;N;d}' \
      -e '/^  locale::facet::_S_clone_c_locale(__c_locale&) throw()$/,/^$/s/__c_locale&/& __cloc/;/_S_clone_c_locale/,/^$/s/__c_locale()/__cloc/' \
      -e '/^  locale::facet::_S_lc_ctype_c_locale(__c_locale, /,/^$/s/(__c_locale, /(__c_locale __cloc, /;/_S_lc_ctype_c_locale/,/^$/s/__c_locale()/__cloc/' "$file"
    if [ "$(grep -cE '__cloc = &__utf8;|__c_locale(& | |& )__cloc|return __cloc;' "$file")" != 7 ]; then
      different "$file" 'makes locales'
    fi
    file=${generic}/codecvt_members.cc
    sed -i -e 's/^  {$/  {\n    __in_utf8 __use(_M_c_locale_codecvt);/' -e '/^  \/\/ Specializations\.$/e cat ${parts}/in-utf8.h' "$file"
    if [ "$(grep -cE '^  struct __in_utf8|^    __in_utf8 __use\(_M_c_locale_codecvt\);' "$file")" != 6 ]; then
      different "$file" 'converts characters'
    fi
  '';
  # With any libc but glibc, numbers are read and times are written with the whole program's locale set to "C", so that another
  # thread does not have UTF-8 meanwhile. musl's numbers and times are the same in every locale.
  numbers = ''
    for file in ${generic}/c_locale.cc ${generic}/time_members.cc; do
      sed -i -E '/^\s*setlocale\(LC_ALL, ("C"|__sav|_M_name_timepunct)\);$/d' "$file"
      if grep -E '^\s*setlocale\(LC_ALL, [^0]' "$file"; then different "$file" 'sets the locale'; fi
    done
  '';
  # A timed wait of C++20 hands its timespec to the system call, which on a 32-bit processor reads 32-bit times.
  waits = ''
    timed=0
    for file in libstdc++-v3/include/bits/atomic_timed_wait.h libstdc++-v3/src/c++20/atomic.cc; do
      if ! grep -qE '&(__rt|timeout), nullptr' "$file" 2>/dev/null; then continue; fi
      sed -i -E -e '/^\s*struct timespec (__rt|timeout) =/e cat ${parts}/futex-time.h' \
        -e 's/&(__rt|timeout), nullptr/__futex_time(\1)._M_get(), nullptr/' "$file"
      timed=$((timed + $(grep -cE 'struct __futex_time|__futex_time\((__rt|timeout)\)' "$file")))
    done
    if [ "$timed" != 2 ]; then different libstdc++ 'waits for a futex'; fi
  '';
  # copy_file_range is looked for with a type of its arguments that musl declares elsewhere. With any libc, a copy on a 32-bit
  # processor ends after as many bytes as the file has more than a multiple of 4 GiB, and says that all went well.
  copies = ''
    file=libstdc++-v3/src/filesystem/ops-common.h
    sed -i 's/\bloff_t\b/off_t/g' libstdc++-v3/configure "$file"
    sed -i -E -e 's/(copy_file_(copy_file_range|sendfile)\(int fd_in, int fd_out, )size_t length/\1off_t length/' \
      -e 's/^    size_t bytes_left = length;/    off_t bytes_left = length;/' \
      -e 's/^(\s*|.*&offset, )bytes_left(, 0|)\);$/\1bytes_left < 0x40000000 ? bytes_left : 0x40000000\2);/' "$file"
    if [ "$(grep -c 'fd_out, off_t length' "$file") $(grep -c 'bytes_left : 0x40000000' "$file")" != '2 2' ]; then
      different "$file" 'copies files'
    fi
  '';
  # std::random_device asks the kernel for its entropy by a number out of the kernel's headers, which are not here.
  entropy = ''
    file=libstdc++-v3/src/c++11/random.cc
    sed -i '/^# *include <linux\/random.h>$/{n;s/^#endif$/&\n#ifndef RNDGETENTCNT\n# define RNDGETENTCNT _IOR(82, 0, int)\n#endif/}' "$file"
    grep -q '^# define RNDGETENTCNT' "$file" || different "$file" 'asks for entropy'
  '';
  # std::format and std::to_chars read the bits of a long double of 80 bits as on x86. On m68k, 16 bits without a meaning stand
  # between exponent and mantissa.
  longDouble =
    if builtins.match "m68k-.*" target == null then
      ""
    else
      ''
        file=libstdc++-v3/src/c++17/floating_to_chars.cc
        sed -i '/^#if LONG_DOUBLE_KIND == LDK_IBM128$/e cat ${parts}/m68k-long-double.h' "$file"
        if [ "$(grep -c '^    get_ieee_repr(const long double value)$' "$file")" != 2 ]; then different "$file" 'reads a long double'; fi
      '';
  # Since version 2024b, files of time zones have `%z` as the name of zones without rules. Before GCC 14.3, such a zone was an
  # error, and with it all others were gone; hours of one digit, or minutes of an hour 0, were written short; and of `-3:12` after a
  # blank, the minutes were added.
  zones =
    if builtins.compareVersions version "14.3" >= 0 then
      ""
    else
      ''
        file=libstdc++-v3/src/c++20/tzdb.cc
        sed -i -e '/^    struct ZoneInfo$/i\    void\n    format_abbrev_str(sys_info\&, string_view = {});\n' \
          -e 's/^    format_abbrev_str(sys_info& info, string_view letters = {})$/    format_abbrev_str(sys_info\& info, string_view letters)/' \
          -e 's/^\tinfo.abbrev = format();$/&\n\tformat_abbrev_str(info);/' \
          -e "s/^      if (in.peek() == '-')$/      if (ws(in).peek() == '-')/" \
          -e '/In practice, the FORMAT field never needs expanding here/,/invalid data/d' \
          -e '/^\t  long val = t.hours().count();$/{e cat ${parts}/zone-offset.h
          }' -e '/^\t  long val = t.hours().count();$/,/^\t  z += std::to_string(val);$/d' "$file"
        if [ "$(grep -cE '^    format_abbrev_str\(sys_info&|^\s+format_abbrev_str\(info\);|^\s+two\(t.hours|ws\(in\).peek\(\) == .-' "$file")" != 5 ] ||
          grep -q 'FORMAT field never needs' "$file"; then
          different "$file" 'names time zones'
        fi
      '';
in
different + locale + numbers + waits + copies + entropy + longDouble + zones
