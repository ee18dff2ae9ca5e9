#!/bin/sh
# Print the state of a Slurm job: running (or waiting), success or failed.
state=$(squeue --noheader --states=all --format=%T --jobs="$1" 2> /dev/null) ||
    state=$(sacct --noheader --allocations --parsable2 --format=State --jobs="$1" 2> /dev/null)
case $state in
    COMPLETED) echo success ;;
    BOOT_FAIL | CANCELLED* | DEADLINE | FAILED | NODE_FAIL | OUT_OF_MEMORY | PREEMPTED | TIMEOUT) echo failed ;;
    *) echo running ;; # also if Slurm did not answer this time
esac
