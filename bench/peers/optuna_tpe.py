"""Optuna's TPESampler behind bench/paired.ts's protocol: one study at a time, asked and told from the other side.

Requests: {"do": "start", "space": [...], "seed": 1, "group": false, "sampler": "tpe"}, {"do": "ask"}, {"do": "tell", "value": 0.5}, {"do": "version"}
The space is Reelbench's (core/contract/searches.ts).
"""

import warnings

import optuna

from peer import serve

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.filterwarnings("ignore")

state = {}


def start(request):
    if request["sampler"] == "random":
        sampler = optuna.samplers.RandomSampler(seed=request["seed"])
    else:
        options = {"group": True, "multivariate": True} if request["group"] else {}
        sampler = optuna.samplers.TPESampler(seed=request["seed"], **options)
    state.update(study=optuna.create_study(sampler=sampler), space=request["space"])
    return {}


def suggest(trial, dimension):
    name = dimension["name"]
    if dimension["kind"] == "choice":
        return trial.suggest_categorical(name, dimension["choices"])
    low, high, log = dimension["minimum"], dimension["maximum"], dimension["logarithmic"]
    if dimension["kind"] == "integer":
        return trial.suggest_int(name, low, high, log=log)
    return trial.suggest_float(name, low, high, log=log)


def ask(_request):
    trial = state["study"].ask()
    values = {}
    for dimension in state["space"]:
        when = dimension["when"]
        if when is None or values.get(when["name"]) in when["is"]:
            values[dimension["name"]] = suggest(trial, dimension)
    state["trial"] = trial
    return {"configuration": values}


def tell(request):
    state["study"].tell(state["trial"], request["value"])
    return {}


serve({"start": start, "ask": ask, "tell": tell, "version": lambda _request: {"version": optuna.__version__}})
