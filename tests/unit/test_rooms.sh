#!/bin/sh
# A room includes itself and rooms below it, and a library with a hard API is
# met in one room. From top to bottom: main, routes, command and proc; handle;
# guard; http; send; store; view and trust, which do not know each other; base.
# Beside the rooms stand config.h, which any room from store up may read, and
# ctx.h, which names http's request and response as every room sees them.
# routes.h is read from http up, and names guard's permissions.

cd "${srcdir:-.}/src" || exit 99
count=0

report() {	# name, offending lines
	count=$((count + 1))
	if [ -z "$2" ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		printf '%s\n' "$2" | sed 's/^/# /'
	fi
}

includes() {	# pattern, files or directories
	pattern=$1
	shift
	find "$@" -name '*.[ch]' \
		-exec grep -En "^[[:space:]]*#[[:space:]]*include $pattern" \
		/dev/null {} +
}

room() {	# name, what it may include, files or directories
	name=$1
	allowed=$2
	shift 2
	report "$name includes nothing above it" \
		"$(includes '"' "$@" | grep -Ev "include \"($allowed)")"
}

library() {	# pattern of headers, where they may be met
	report "$1 is met in $2 only" \
		"$(includes "<($1)" . | grep -Ev "^\./($2)")"
}

room base 'base/' base
room trust '(trust|base)/' trust
room view '(view|base)/' view
room store '(store|view|trust|base)/|(ctx|config)\.h' store
if [ -n "$(find send -name '*.[ch]' 2>/dev/null)" ]; then
	room send '(send|store|view|trust|base)/|(ctx|config)\.h' send
fi
beside='(ctx|config|routes)\.h'
below='http|send|store|view|trust|base'
room http "($below)/|$beside" http
room guard "(guard|$below)/|$beside" guard
below="guard|$below"
room handle "(handle|$below)/|$beside" handle
room command "(command|handle|$below)/|$beside" command
room proc "(proc|handle|$below)/|$beside" proc
room config 'base/|http/(address|origin)\.h|guard/permission\.h|config(_derive|_read)?\.(h|def)' config*.[ch]
room ctx 'base/|http/(request|response)\.h|ctx\.h' ctx.c ctx.h
room routes.h 'base/|guard/permission\.h|http/(face|request)\.h' routes.h

library 'libpq' 'store/'
library 'fcgi' 'http/'
library 'argon2|sodium|crypt\.h|jwt\.h|openssl/|utf8proc' 'trust/'
library 'curl/' 'send/'
library 'ini\.h' 'config_read\.c'
library 'systemd/' 'proc/'
library 'sys/wait|sys/signalfd|signal\.h' 'proc/'

echo "1..$count"
