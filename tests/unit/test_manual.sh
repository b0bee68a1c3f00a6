#!/bin/sh
# The manual pages name every setting with its bounds and default, every
# command with its verbs, every option; and nothing that does not exist. TAP.
set -u
cd "${srcdir:-$(dirname "$0")/../..}" || exit 1
conf=docs/man/tollgate.conf.5
program=docs/man/tollgate.8

# "section.key what is said of it", from the rows of config.def
settings() {
	awk '
	# A row may break after a comma.
	/^[A-Z]+\(/ { row = $0 }
	!/^[A-Z]+\(/ && row != "" { sub(/^[ \t]+/, " "); row = row $0 }
	row ~ /\)$/ { read_row(row); row = "" }

	# Arguments of the row, split at commas outside of quotes, into part[].
	function split_row(text,    i, c, quoted, count) {
		split("", part)
		count = 1
		for (i = 1; i <= length(text); i++) {
			c = substr(text, i, 1)
			if (c == "\"")
				quoted = !quoted
			else if (c == "," && !quoted)
				count++
			else if (c != " " || quoted || part[count] != "")
				part[count] = part[count] c
		}
		return count
	}

	function read_row(text,    type, name, says) {
		type = text
		sub(/\(.*/, "", type)
		sub(/^[A-Z]+\(/, "", text)
		sub(/\)$/, "", text)
		split_row(text)
		sub(/^DATA_DIR /, "/usr/local/share/tollgate", part[3])
		name = part[1] "." part[2]
		if (type == "INT")
			says = "Number from " part[4] " to " part[5] \
			    ", default " part[3] "."
		else if (type == "BOOL")
			says = "Boolean, default " \
			    (part[3] == "true" ? "on" : "off") "."
		else if (type == "SECRET")
			says = "Secret."
		else if (type == "WORD") {
			gsub(/ /, ", ", part[4])
			match(part[4], /, [^ ]+$/)
			says = "Word: " substr(part[4], 1, RSTART - 1) " or " \
			    substr(part[4], RSTART + 2) "; default " part[3] "."
		} else
			says = (type == "LIST" ? "List" : "Text") \
			    (part[3] == "" ? ", empty by default." : \
			    ", default " part[3] ".")
		print name, says
	}' src/config.def
}

# The same from the page: the end of what each item says.
described() {
	awk '
	function finish() {
		if (name != "")
			print name text
		name = text = ""
	}
	/^\.Ss Section / { finish(); section = $3; next }
	/^\.S[hs] / { finish(); section = ""; next }
	/^\.El/ { finish(); next }
	/^\.It Va / && section != "" {
		finish()
		name = section "." $3
		next
	}
	name != "" {
		sub(/^\.(Cm|Pa|Ql|Va|Pq|Ev) /, "")
		text = text " " $0
	}' "$conf" | sed -E 's/ ([.,;])/\1/g'
}

commands() {
	sed -nE '/commands\[\] = \{/,/^\};/s/^\t\{ "([a-z]+)", "([^"]*)".*/\1 \2/p' \
	    src/main.c | while read -r name arguments; do
		verbs=${arguments%% *}
		case $verbs in
		'' | -* | \[*) echo "$name" ;;
		*) echo "$verbs" | tr '|' '\n' | sed "s/^/$name /" ;;
		esac
	done
}

options() {
	sed -nE 's/^\t(VALUE|ALONE)\("([a-z-]+)",.*/\2/p' src/main.c
}

count=0
failed=0
say() {
	count=$((count + 1))
	[ "$1" = ok ] || failed=1
	echo "$1 $count - $2"
}

# holds FILE LINE WHAT
holds() {
	if printf '%s\n' "$1" | grep -qxF -e "$2"; then
		say ok "$3"
	else
		say 'not ok' "$3"
	fi
}

wanted=$(settings)
told=$(described)
if [ -z "$wanted" ] || [ -z "$(commands)" ] || [ -z "$(options)" ]; then
	say 'not ok' 'the sources can be read'
fi
while read -r name says; do
	if printf '%s\n' "$told" | grep -E "^$name " | grep -qF -e "$says"; then
		say ok "$name: $says"
	else
		say 'not ok' "$name: $says"
	fi
done <<END
$wanted
END
extra=$(printf '%s\n' "$told" | while read -r name _; do
	printf '%s\n' "$wanted" | grep -qF -e "$name " || echo "$name"
done)
holds "$extra" '' "the page has no other settings${extra:+: $extra}"

page=$(cat "$program")
while read -r name; do
	holds "$page" ".It Cm $name" "the command $name"
done <<END
$(commands)
END
for name in $(options) help; do
	if grep -qE "^\.It Fl -$name( |\$)" "$program"; then
		say ok "the option --$name"
	else
		say 'not ok' "the option --$name"
	fi
done

# The two refer to each other before they are installed.
if command -v mandoc >/dev/null; then
	found=$(mandoc -Tlint "$conf" "$program" |
	    grep -v 'referenced manual not found: Xr tollgate' | tr '\n' ' ')
	holds "$found" '' "mandoc finds nothing${found:+: $found}"
else
	echo '# mandoc is not installed: the pages are not linted'
fi
echo "1..$count"
exit "$failed"
