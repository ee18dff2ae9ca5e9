#!/usr/bin/env bash
# All jobs inside one allocation; from the project's folder, its environment active:
#   sbatch [OPTION OF SBATCH…] profiles/slurm-allocation/submit.sh [OPTION OR TARGET OF SNAKEMAKE…]
#SBATCH --job-name=robustloc
#SBATCH --output=robustloc-%j.log
#SBATCH --nodes=1
#SBATCH --cpus-per-task=8
#SBATCH --gpus=2
#SBATCH --mem=64G
#SBATCH --time=12:00:00
##SBATCH --account=project
##SBATCH --partition=gpu
# Ten minutes before its end, Snakemake starts no more jobs, waits for those that run and leaves the folder unlocked.
#SBATCH --signal=B:TERM@600
exec snakemake --workflow-profile profiles/slurm-allocation "$@"
