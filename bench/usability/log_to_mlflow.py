"""Logs the runs of `runs.json` to an MLflow tracking store: python log_to_mlflow.py RUNS_JSON SQLITE_FILE ARTIFACTS

What Reelbench keeps of a run is logged as MLflow's own API offers it: parameters, metrics, curves as stepped metrics, the snapshot as
dataset, and the two published models as versions of a registered model, the newer one with the alias `champion`.
"""

import json
import sys

import mlflow
import numpy as np
from mlflow.tracking import MlflowClient

runs_path, store, artifacts = sys.argv[1:]
mlflow.set_tracking_uri(f"sqlite:///{store}")
client = MlflowClient()
experiment = client.create_experiment("reelbench", artifact_location=artifacts)


class Nothing(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input


versions = {}
for run in reversed(json.load(open(runs_path))):
    with mlflow.start_run(experiment_id=experiment, run_name=run["name"]) as active:
        data = mlflow.data.from_numpy(np.zeros(1), name=run["snapshot"])
        mlflow.log_input(data, context="training")
        mlflow.log_params({"algorithm": run["algorithm"], "seed": run["seed"], "split": run["splitId"], **run["hyperparameters"]})
        for metric in run["metrics"]:
            mlflow.log_metric(metric["metric"].replace("@", "_at_"), metric["value"])
        for point in run["curve"]:
            for name, value in point["values"].items():
                mlflow.log_metric(name, value, step=point["epoch"])
        if run["refitOf"] is not None:
            info = mlflow.pyfunc.log_model(name="model", python_model=Nothing(), pip_requirements=[])
            versions[run["createdAt"]] = (info.model_uri, active.info.run_id)
client.create_registered_model("front-page")
for key in sorted(versions):
    uri, run_id = versions[key]
    version = client.create_model_version("front-page", uri, run_id)
    client.set_registered_model_alias("front-page", "champion", version.version)
print(experiment)
