"""Label Parquet files on a Ray cluster: `names-predict --engine ray`."""

import sys
from collections.abc import Mapping

from names_predictor.cli.job import ClusterJob


def predict_on_cluster(job: ClusterJob, prior: Mapping[str, float] | None) -> None:
    """Label the files of a job and print their number."""
    from names_predictor.cli.model import model_folder
    from names_predictor.engines.labeller import NameLabeller
    from names_predictor.engines.ray import predict_with_ray

    labeller = NameLabeller(
        model_folder(job.model.folder),
        job.column,
        prior=prior,
        null_values=job.null_values,
        labels=job.model.labels,
        **vars(job.options),
    )
    done = predict_with_ray(job.pattern, job.output, labeller)
    sys.stderr.write(f"{done.files:,} files, {done.rows:,} rows, {done.seconds:.1f} s\n")
