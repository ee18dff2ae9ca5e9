#!/usr/bin/env bash
# Runs all jobs inside one allocation. Submit it in the project folder, with the environment active:
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
# Ten minutes before the end, Snakemake stops starting jobs, waits for running jobs and unlocks the folder.
#SBATCH --signal=B:TERM@600
exec snakemake --workflow-profile profiles/slurm-allocation "$@"
