#!/bin/sh
# slurm.sh FOLDER: begins a Slurm of one node, this machine, with all of its files in FOLDER, and
# ends when the node is idle. For root. Its daemons end with `kill $(cat FOLDER/*.pid)`.
d=$1
mkdir -p $d/state $d/spool
chmod 755 $d
dd if=/dev/urandom bs=1 count=1024 of=$d/key 2>/dev/null; chmod 400 $d/key
munged --key-file=$d/key --socket=$d/munge.sock --pid-file=$d/munged.pid --log-file=$d/munged.log --seed-file=$d/seed --force >/dev/null 2>&1
h=$(hostname -s)
cat > $d/slurm.conf <<C
ClusterName=one
SlurmctldHost=$h(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$d/munge.sock
CryptoType=crypto/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
StateSaveLocation=$d/state
SlurmdSpoolDir=$d/spool
SlurmctldPidFile=$d/ctld.pid
SlurmdPidFile=$d/d.pid
SlurmctldLogFile=$d/ctld.log
SlurmdLogFile=$d/slurmd.log
SlurmctldPort=26817
SlurmdPort=26818
ReturnToService=2
MpiDefault=none
KillWait=5
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=2,batch_sched_delay=0,sched_min_interval=0
InactiveLimit=0
NodeName=$h NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
C
export SLURM_CONF=$d/slurm.conf
slurmctld -f $d/slurm.conf >/dev/null 2>&1
slurmd -f $d/slurm.conf -N $h >/dev/null 2>&1
i=0
while [ $i -lt 60 ]; do sinfo -h -o %t 2>/dev/null | grep -q idle && exit 0; sleep 0.5; i=$((i+1)); done
exit 1
