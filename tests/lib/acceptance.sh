# The acceptance suite of connectors, the same for all of them. A connector's
# script says what it is (the variables below), then `. acceptance.sh` and
# `acceptance`. Everything runs mlc itself against the connector's sandbox,
# over HTTP on loopback.
#
#   connector=expensify   name=Expensify       connector and connection
#   object=report key=reportID text=reportName what is read: an object with
#                         changes, its key, and a text field that is always there
#   path=/Integration…    part of the path of the calls that read it
#   table=reports         the sandbox's table of it
#   rows=16               records a complete read brings
#   touch='{"…":"…"}'     members that make a record new to a changes read, for
#                         the sandbox's control call `change`
#   touch_later           the same, of a later time, where times must go up
#   poison, poison_says, mend   members that make a record unreadable, a word of
#                         the reason it waits with, members that mend it
#   row=R00…              the key of the record that is touched
#   extra="--switch …"    options of `mlc sandbox`
#   fresh=yes             a sandbox of its own for each trial: where the vendor
#                         allows so few calls that the suite would wait
#   reads=everything      where the vendor has no feed of changes
#   loses=401             status that means that the credentials are not taken
#   loses_exit=4, loses_says='mlc auth'   how a run ends then, where the vendor
#                         gives no new token so soon
#   skip_NAME="reason"    NAME is not tried, for that reason (a written one)
. "$SRC/tests/lib/sandbox.sh"

acceptance_control() { curl -sS -X POST --data-binary "${2:-}" "$(sandbox_url "$connector")/_sandbox/$1"; }
acceptance_calls() { acceptance_control counts | grep -o '"all":[0-9]*' | tr -dc 0-9; }
acceptance_run() { "$MLC" run copy $sandbox_set --json > "$tmp/out" 2> "$tmp/err" < /dev/null; }
acceptance_number() { grep -o "\"$1\":[0-9]*" "$tmp/out" | head -n 1 | tr -dc 0-9; }
# acceptance_wanted NAME WHAT: false when it is skipped, with its reason.
acceptance_wanted() {
    eval "acceptance_why=\${skip_$1-}"
    [ -z "$acceptance_why" ] && return 0
    skip "$2" "$acceptance_why"
    return 1
}

# Another sandbox: the same world, its limits untouched.
acceptance_fresh() {
    [ "${fresh-}" = yes ] || return 0
    sandbox_stop
    # shellcheck disable=SC2086
    sandbox_start "$connector" $extra && sandbox_sign_in
}

acceptance_project() {
    mkdir "$tmp/project" && cd "$tmp/project" || exit 99
    cat > project.mlc << END
set language 1
set timezone "UTC"
connection $name is $connector${settings:+ { $settings \}}
END
    cat > copy.mlc << END
set language 1
set timezone "UTC"
flow copy "What is there"
$name.$object as r -> log
{
  every 1 day
  read ${reads:-changes}
  name = r.$text
}
END
}

acceptance() {
    acceptance_project
    # shellcheck disable=SC2086
    check "spec: the sandbox comes up" sandbox_start "$connector" $extra
    check "spec: the credentials are stored" sandbox_sign_in
    exits 0 "spec: a flow that reads it checks" "$MLC" check
    # shellcheck disable=SC2086
    exits 0 "ping" "$MLC" ping "$name" $sandbox_set

    acceptance_run
    is "$? $(acceptance_number read)" "0 $rows" "list: everything is read"
    acceptance_run
    is "$? $(acceptance_number logged)" "0 0" "list twice: nothing is new"
    [ "$(acceptance_number read)" -le "$rows" ]
    ok $? "incremental: no more is read than there is"

    acceptance_fresh
    acceptance_wanted change "incremental: what changed comes" && {
        acceptance_control "change?table=$table&key=$row" "$touch" > /dev/null
        acceptance_run
        is "$? $(acceptance_number logged)" "0 1" "incremental: what changed comes"
        acceptance_run
        is "$? $(acceptance_number logged)" "0 0" "incremental twice: and comes once"
    }
    acceptance_fresh
    acceptance_wanted ties "boundary: two of one instant" && {
        acceptance_control "change?table=$table&key=$row" "$touch_again" > /dev/null
        acceptance_control "change?table=$table&key=$row2" "$touch_again" > /dev/null
        acceptance_run
        is "$? $(acceptance_number logged)" "0 2" "boundary: two of one instant both come"
    }
    acceptance_wanted future "future: a record dated ahead" && {
        acceptance_control "change?table=$table&key=$row" "$touch_future" > /dev/null
        acceptance_run
        acceptance_control "change?table=$table&key=$row2" "${touch_later:-$touch}" > /dev/null
        acceptance_run
        is "$(acceptance_number logged)" 1 "future: a record dated ahead hides none that comes after it"
    }
    acceptance_fresh
    acceptance_wanted poison "poison: one bad record" && {
        acceptance_control "change?table=$table&key=$row" "$poison" > /dev/null
        acceptance_run
        is "$? $(acceptance_number held)" "1 1" "poison: one bad record waits, the others go on"
        like "$("$MLC" held list)" "$poison_says" "poison: with its reason"
        acceptance_control "change?table=$table&key=$row" "$mend" > /dev/null
        acceptance_run
        is "$(acceptance_number held)" 0 "poison: mended, it goes"
    }
    for fault in "429=1" "500" "drop-before" "cut" "empty" "html"; do
        acceptance_fresh
        word=$(echo "$fault" | tr -dc a-z0-9)
        acceptance_wanted "fault_$word" "$fault once" || continue
        acceptance_control "fault?spec=$(printf '%s' "* $path:1:$fault" | sed 's/ /%20/g;s/:/%3A/g;s/=/%3D/g')" > /dev/null
        acceptance_run
        code=$?
        [ $code -eq 0 ] || tap_diag < "$tmp/err"
        is $code 0 "$fault once: the run comes to its end"
        acceptance_control calm > /dev/null
    done
    acceptance_fresh
    acceptance_control "fault?spec=%2A%20$path%3A%2A%3Aredirect%3Dhttp%3A%2F%2F127.0.0.1%3A1%2F" > /dev/null
    acceptance_run
    [ $? -ne 0 ]
    ok $? "redirect: not followed"
    like "$(cat "$tmp/err")" 'redirect\|another address\|address' "redirect: it says so"
    acceptance_control calm > /dev/null

    acceptance_fresh
    acceptance_control "fault?spec=%2A%20$path%3A%2A%3A$loses" > /dev/null
    acceptance_run
    is $? "${loses_exit:-4}" "auth loss: a person must sign in, or it is worth another try"
    like "$(cat "$tmp/err")" "${loses_says:-mlc auth}" "auth loss: and is told how"
    acceptance_control calm > /dev/null
    acceptance_run
    is $? 0 "auth loss: signed in again, it goes on"
    acceptance_wanted schema "schema pull" && exits 0 "schema pull" "$MLC" schema pull "$name.$object" "$schema_id" $sandbox_set
    sandbox_stop
    tap_done
}
