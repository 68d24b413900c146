"""The callback without LiteLLM: a stand-in serves for what it imports."""

import importlib.util
import pathlib
import sys
import types
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
CALLBACK = ROOT / "deploy" / "litellm" / "sidelight_callback.py"


def import_callback():
    stand_in = types.ModuleType("litellm")
    stand_in.model_cost = {"priced": {"input_cost_per_token": 0.0}, "unpriced": {"mode": "chat"}}
    custom_logger = types.ModuleType("litellm.integrations.custom_logger")
    custom_logger.CustomLogger = type("CustomLogger", (), {})
    modules = {"litellm": stand_in, "litellm.integrations": types.ModuleType("integrations"),
               "litellm.integrations.custom_logger": custom_logger}
    # As LiteLLM does it: the module does not get into sys.modules.
    spec = importlib.util.spec_from_file_location("sidelight_callback", CALLBACK)
    module = importlib.util.module_from_spec(spec)
    with mock.patch.dict(sys.modules, modules), \
            mock.patch.object(sys, "dont_write_bytecode", True):
        spec.loader.exec_module(module)
    return module
