#!/bin/sh
# Tell what became of a job of Slurm's: running (or yet to run), success or failed.
state=$(squeue --noheader --states=all --format=%T --jobs="$1" 2> /dev/null) ||
    state=$(sacct --noheader --allocations --parsable2 --format=State --jobs="$1" 2> /dev/null)
case $state in
    COMPLETED) echo success ;;
    BOOT_FAIL | CANCELLED* | DEADLINE | FAILED | NODE_FAIL | OUT_OF_MEMORY | PREEMPTED | TIMEOUT) echo failed ;;
    *) echo running ;; # or Slurm did not answer this time
esac
