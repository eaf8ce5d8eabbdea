"""Validates manifests strictly. Arguments: the oldest version of Kubernetes, then names and files by turns."""

import collections
import copy
import json
import sys

import yaml
from kubernetes_validate import utils, version
from packaging.version import Version

# Kinds of operators: Kubernetes itself has no schema for them.
OPERATORS = {"Certificate", "PrometheusRule", "ScaledObject", "ServiceMonitor"}


def refused(resource, wanted):
    try:
        utils.validate(resource, wanted, True)
    except utils.ValidationError as error:
        return "%s: %s" % (".".join(str(part) for part in error.path), error.message)
    except utils.SchemaNotFoundError as error:
        return error.message
    return None


def main():
    oldest, rest = Version(sys.argv[1]), sys.argv[2:]
    # A version is there twice, strict and not.
    versions = sorted({one for one in utils.all_versions() if Version(one) >= oldest}, key=Version)
    violations, without, seen, validated, strict = [], collections.Counter(), 0, 0, []
    sets = list(zip(rest[::2], rest[1::2]))
    for name, path in sets:
        with open(path) as file:
            resources = [one for one in yaml.safe_load_all(file) if one]
        for resource in resources:
            if resource["kind"] in OPERATORS:
                without[resource["kind"]] += 1
                continue
            seen += 1
            for wanted in versions:
                validated += 1
                wrong = refused(resource, wanted)
                if wrong:
                    violations.append("%s: %s, Kubernetes %s: %s" % (name, utils.kn(resource), wanted, wrong))
            if resource["kind"] == "Deployment":
                misspelt = copy.deepcopy(resource)
                misspelt["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
                strict.append(all(refused(misspelt, wanted) for wanted in versions))
    print(json.dumps({
        "tool": "kubernetes-validate %s" % version.__version__,
        "versions": [utils.major_minor(one) for one in versions],
        "sets": len(sets), "objects": seen, "validated": validated, "violations": violations,
        "without_schema": ["%d %s" % (count, kind) for kind, count in sorted(without.items())],
        "misspelt_is_refused": bool(strict) and all(strict),
    }))


main()
