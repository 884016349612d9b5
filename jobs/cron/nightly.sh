#!/bin/sh
# Runs muster on FOLDER/staff.csv with the settings in SETTINGS, and says
# something only when a person is needed. Install it as
# /usr/local/bin/muster-nightly; muster.crontab calls it.
#
#   muster-nightly FOLDER SETTINGS
#
# SETTINGS has lines MUSTER_NAME=value, as jobs/systemd/muster.env has them.
# The log of all runs is FOLDER/muster.log; results, rejects, credentials and
# ledger are beside staff.csv.
set -u
umask 077
folder=$1
settings=$2
cd "$folder" || exit 1
set -a
. "$settings" || exit 1
set +a

# Codes 2 and 5 mean: run it again, it goes on where it ended. After TRIES runs
# it waits for the next night.
tries=${TRIES:-5}
pause=${PAUSE:-300} # seconds
n=1
while :; do
	muster apply staff.csv >summary.txt 2>>muster.log
	code=$?
	echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) run $n of $tries ended with exit code $code" >>muster.log
	case $code in
	2 | 5) [ "$n" -lt "$tries" ] || break ;;
	*) break ;;
	esac
	n=$((n + 1))
	sleep "$pause"
done

case $code in
0) exit 0 ;;
1) echo "muster did not start: wrong settings or input, or another run is going on. Nothing was sent." ;;
3) echo "muster is done, and some rows are invalid or failed: mend them in staff.rejects.csv." ;;
4) echo "Microsoft refuses muster: sign in again, or see to its permissions." ;;
126 | 127) echo "The program muster cannot be run: is it installed, and in the PATH of this job?" ;;
*) echo "muster could not finish in $tries runs; the next night goes on from here." ;;
esac
echo "Exit code $code. The summary, and the end of $folder/muster.log:"
echo
cat summary.txt
tail -n 20 muster.log
exit $code
