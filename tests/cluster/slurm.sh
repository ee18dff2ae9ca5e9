#!/usr/bin/env bash
# A real Slurm on this machine alone, for tests; as root:
#   slurm.sh install          the daemons, from Debian's packages
#   slurm.sh start FOLDER     one node of four cores and two GPUs, partitions cpu and gpu; what it writes is in FOLDER
#   slurm.sh stop FOLDER      end all jobs and daemons
# The node claims more than the machine has, so that the jobs of tests need not wait for each other. Its GPUs are device
# files that any machine has: Slurm hands them out and never opens them.
set -euo pipefail

install() {
    command -v slurmctld slurmd sbatch munged > /dev/null && return
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # No daemon of the system: policy-rc.d is not asked where systemd is missing, and the tests start their own.
    apt-get install -qq -y --no-install-recommends slurmctld slurmd slurm-client munge > /dev/null
}

write_settings() {
    cat > "$folder/slurm.conf" << SETTINGS
ClusterName=tests
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthInfo=socket=$folder/munge.socket
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
MinJobAge=3600
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0
SlurmdParameters=config_overrides
ReturnToService=2
MpiDefault=none
KillWait=1
JobRequeue=0
GresTypes=gpu
NodeName=$(hostname -s) NodeAddr=127.0.0.1 CPUs=4 RealMemory=64000 Gres=gpu:2 State=UNKNOWN
PartitionName=cpu Nodes=ALL Default=YES
PartitionName=gpu Nodes=ALL
SETTINGS
    printf 'Name=gpu File=%s\n' /dev/null /dev/zero > "$folder/gres.conf"
}

until_true() {
    for _ in $(seq 100); do "$@" > /dev/null 2>&1 && return; sleep 0.1; done
    echo "slurm.sh: still not true after 10 s: $*" >&2
    return 1
}

idle() { [ "$(sinfo -h -o %T | sort -u)" = idle ]; }
quiet() { [ -z "$(squeue -h)" ]; }
ended() { ! grep -q "^State:\s*[^Z]" "/proc/$1/status"; } # a dead daemon may wait long for its parent

start() {
    mkdir -p "$folder/state" "$folder/spool"
    # Jobs look for the settings here and nowhere else: the executor takes variables of Slurm's from them.
    if [ -e /etc/slurm/slurm.conf ]; then
        echo "slurm.sh: /etc/slurm/slurm.conf is there already" >&2
        exit 1
    fi
    write_settings
    ln -sfn "$folder"/{slurm,gres}.conf /etc/slurm/
    (umask 077; head -c 128 /dev/urandom > "$folder/munge.key")
    munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
        --log-file="$folder/munged.log" --seed-file="$folder/munge.seed"
    until_true munge -n --socket="$folder/munge.socket"
    slurmctld
    slurmd
    until_true idle
}

stop() {
    # never the jobs of another Slurm
    if [ "$(readlink /etc/slurm/slurm.conf)" = "$folder/slurm.conf" ]; then
        scancel --user=root --full 2> /dev/null || true
        until_true quiet || true
    fi
    local file process
    for file in "$folder"/{slurmd,slurmctld,munged}.pid; do
        process=$(cat "$file" 2> /dev/null) || continue
        kill "$process" 2> /dev/null || continue
        until_true ended "$process" || kill -KILL "$process"
    done
    local name
    for name in slurm gres; do
        [ "$(readlink "/etc/slurm/$name.conf")" != "$folder/$name.conf" ] || rm "/etc/slurm/$name.conf"
    done
}

folder=${2:-}
"$1"
