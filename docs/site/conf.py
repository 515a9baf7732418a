"""Sphinx configuration of the docs site; ``make docs`` runs it on the sources that ``assemble.py`` puts together.

Every warning is an error, and so is a cross-reference without a target (``nitpicky``). Nothing is fetched.
"""

import builtins
import importlib
import inspect

from sphinx.ext.napoleon.docstring import GoogleDocstring
from sphinx.util import logging

import hypgcn

logger = logging.getLogger(__name__)

project = "hypgcn"
author = project_copyright = "The hypgcn contributors"
version = release = hypgcn.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
myst_heading_anchors = 3
highlight_language = "none"  # pictures and formulas stand in code blocks

html_theme = "furo"
html_title = f"hypgcn {version}"
html_copy_source = False
html_static_path = ["static"]
html_css_files = ["site.css"]
# The same sources give the same bytes.
html_last_updated_fmt = None

autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
autodoc_inherit_docstrings = False
python_maximum_signature_line_length = 100
python_use_unqualified_type_names = True

# Sections become field lists of plain text: "int, 1..32" is a range for the reader, not the name of a class.
napoleon_google_docstring = False
napoleon_use_param = False
napoleon_use_rtype = False
napoleon_custom_sections = [("Members", "params_style"), ("Attributes", "params_style"), ("Fields", "params_style")]
# Otherwise the first colon of a property's docstring would make a type of the words before it.
GoogleDocstring._parse_attribute_docstring = lambda self: []

nitpicky = True
# Annotations name types of other projects too, whose documentation would have to be fetched; roles are checked below.
nitpick_ignore_regex = [(r"py:.*", r".*")]


def _home(name: str) -> str | None:
    """Dotted name of the place where the object ``name`` is defined, also where a package hands it on."""
    names = name.split(".")
    for length in range(len(names), 0, -1):
        try:
            value = importlib.import_module(".".join(names[:length]))
        except ImportError:
            continue
        home = ".".join(names[:length])
        for attribute in names[length:]:
            fields = getattr(value, "__dataclass_fields__", {})
            if not hasattr(value, attribute) and attribute not in fields:
                return None
            value = getattr(value, attribute, None)
            module, qualified = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
            home = f"{module}.{qualified}" if module and qualified else f"{home}.{attribute}"
        return home
    return None


def _documented(name: str, objects) -> str | None:
    """``name``, or the class or module around it that has an entry in the site."""
    while name and name not in objects:
        name = name.rpartition(".")[0]
    return name or None


def _resolve(app, env, node, content):
    """Link a reference to the place where its object is documented.

    Docstrings name an object as a caller imports it (``hypgcn.sparse.SparseUnit``), or as the module around them
    knows it (``vector_layout``), or by an ending that only one object has. What an author wrote and nothing matches is
    a warning, and so fails the build.
    """
    if node.get("refdomain") != "py":
        return None
    domain = env.get_domain("py")
    target, module, around = node["reftarget"].lstrip("."), node.get("py:module"), node.get("py:class")
    asked = [target] + [f"{module}.{target}"] * bool(module) + [f"{module}.{around}.{target}"] * bool(module and around)
    homes = [home for home in map(_home, asked) if home]
    endings = [name for name in domain.objects if name.endswith(f".{target}")]
    found = next((name for name in (_documented(home, domain.objects) for home in homes) if name), None)
    if found is None and len(endings) == 1:
        found = endings[0]
    if found is not None:
        return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", found, node, content)
    # A role carries `refexplicit`; what an annotation names does not. An object of another project is no dead end.
    if "refexplicit" in node and not homes and not hasattr(builtins, target):
        logger.warning("no such object: %s", target, location=node, type="ref", subtype="py")
    return None


def _signature(app, what, name, obj, options, args, result):
    """Show a component with the parameters of its ``__init__``, not with those of Amaranth's ``__new__``."""
    if what == "class" and args and "src_loc_at" in args:
        parameters = list(inspect.signature(obj.__init__).parameters.values())[1:]
        return str(inspect.Signature(parameters)), result
    return None


def setup(app):
    """Called by Sphinx."""
    app.connect("missing-reference", _resolve)
    app.connect("autodoc-process-signature", _signature)
