"""SignNet, BasisNet, SPE and the ego nets of ELENE against the authors' code, by their weights."""

import json
import re

import numpy as np
import pytest
import torch

from conftest import ORACLES, load_oracle, oracle_graph
from workbench.encodings import SPE, SignNet, ego_nets
from workbench.encodings.basis_net import EigenspaceNet
from workbench.topology import simple_graph

pytestmark = pytest.mark.parity

FOLDER = ORACLES / "07_models"


def files(pattern):
    return sorted(path.stem for path in FOLDER.glob(f"{pattern}.npz"))


def opened(name):
    """(parameters, tensors, the state dict) of a file."""
    with np.load(FOLDER / f"{name}.npz", allow_pickle=False) as arrays:
        parameters = json.loads(str(arrays["meta"]))["parameters"]
        tensors = {key: torch.from_numpy(arrays[key]) for key in arrays.files if key != "meta"}
    state = {key[6:]: tensors.pop(key) for key in list(tensors) if key.startswith("state/")}
    return parameters, tensors, state


def loaded(module, state):
    """The module in eval mode with these weights: all of its own, and nothing left over."""
    module.double().load_state_dict(state)
    return module.eval()


def renamed(state, *rules):
    """Keys changed by (pattern, replacement), the first that fits; others are left out."""
    found = {}
    for key, value in state.items():
        for pattern, new in rules:
            if re.fullmatch(pattern, key):
                found[re.sub(pattern, new, key)] = value
                break
    return found


def sequence(state, prefix, linear, norm, stride):
    """Keys of an MLP's maps and normalizations as those of a ``Sequential``."""
    found = {}
    for key, value in state.items():
        for pattern, offset in ((linear, 0), (norm, 2 if stride == 3 else 1)):
            if match := re.fullmatch(pattern + r"\.(\w+)", key):
                number, what = int(match[1]), match[2]
                found[f"{prefix}.{stride * number + offset}.{what}"] = value
    return found


@pytest.mark.parametrize("name", files("signnet_*gin_deepsigns"))
def test_sign_net(name):
    options, of, state = opened(name)
    pooling = "sum" if "masked" in name else "concat"
    net = SignNet(
        of["output"].size(1),
        num_frequencies=options["k"],
        hidden_channels=options["hidden"],
        phi_channels=options["phi_out"],
        num_layers=options["num_layers"],
        pooling=pooling,
        variant="official",
    )
    ours = {}
    for i in range(options["num_layers"]):
        layer = rf"enc\.layers\.{i}\.apply_func"
        ours |= sequence(state, f"phi.{i}.mlp", rf"{layer}\.lins\.(\d)", rf"{layer}\.bns\.(\d)", 3)
        if i:
            ours |= renamed(state, (rf"enc\.bns\.{i - 1}\.(\w+)", rf"phi.{i}.norm.\1"))
        assert float(state[f"enc.layers.{i}.eps"]) == 0
    ours |= sequence(state, "rho", r"rho\.lins\.(\d)", r"rho\.bns\.(\d)", 3)
    net = loaded(net, ours)
    found = net(of["eigvecs"], of["edge_index"], of["batch"])
    torch.testing.assert_close(found, of["output"].squeeze(-1), rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", files("basisnet_ign"))
def test_what_basis_net_makes_of_each_eigenspace(name):
    options, of, state = opened(name)
    tried = 0
    for number, multiplicity in enumerate(options["mult_lst"]):
        prefix = rf"encs\.{number}"
        ours = renamed(
            state,
            (rf"{prefix}\.equi_layers\.(\d)\.coeffs", r"weights.\1"),
            (rf"{prefix}\.equi_layers\.(\d)\.bias", r"biases.\1"),
            (rf"{prefix}\.bns\.([012])\.(\w+)", r"norms.\1.\2"),
            (rf"{prefix}\.fc1\.(\w+)", r"head.0.\1"),
            (rf"{prefix}\.fc2\.(\w+)", r"head.2.\1"),
        )
        ours = {k: v.flatten() if k.startswith("biases") else v for k, v in ours.items()}
        net = loaded(EigenspaceNet(multiplicity, options["hidden"]), ours)
        for key, projectors in of.items():
            if key.endswith(f"/mult{multiplicity}/projectors"):
                expected = of[key.replace("projectors", "output")]
                torch.testing.assert_close(net(projectors), expected, rtol=0, atol=1e-10)
                tried += 1
    assert tried


def spe_with(name, options, state, activation):
    psi = "deepsets" if "psi_list.0.layers.0.fc_curr.weight" in state else "mlp"
    phi = name.removeprefix("spe_phi_") if name.startswith("spe_phi_") else "gin"
    prefix = {"gin": "phi.gin.layers.0.mlp", "mlp": "phi.mlp"}.get(
        phi, "phi.gin_deepsets.layers.0.mlp"
    )
    batch = f"{prefix}.layers.0.bn.running_mean" in state
    net = SPE(
        options["out"],
        num_psi=options["M"],
        psi=psi,
        psi_channels=options["psi_hidden"],
        psi_layers=options["psi_layers"],
        psi_activation=activation,
        psi_norm="batch" if "psi_list.0.layers.0.bn.weight" in state else None,
        phi=phi,
        hidden_channels=options["phi_hidden"],
        num_layers=options["phi_layers"],
        norm="batch" if batch else "layer",
        variant="official" if name == "spe_deepsets" else "paper",
    )
    ours = {}

    def mlp(prefix, new):
        """Theirs: layers.i.fc, layers.i.bn, and fc at the end."""
        last = max(int(k.split(".")[-3]) for k in state if k.startswith(f"{prefix}.layers."))
        for key, value in state.items():
            if match := re.fullmatch(re.escape(prefix) + r"\.layers\.(\d)\.(fc|bn)\.(\w+)", key):
                ours[f"{new}.{3 * int(match[1]) + (match[2] == 'bn')}.{match[3]}"] = value
            elif match := re.fullmatch(re.escape(prefix) + r"\.fc\.(\w+)", key):
                ours[f"{new}.{3 * (last + 1)}.{match[1]}"] = value

    for m in range(options["M"]):
        if psi == "mlp":
            mlp(f"psi_list.{m}", f"psi.{m}.mlp")
        else:
            ours |= renamed(
                state,
                (rf"psi_list\.{m}\.layers\.(\d)\.fc_curr\.(\w+)", rf"psi.{m}.here.\1.\2"),
                (rf"psi_list\.{m}\.layers\.(\d)\.fc_all\.(\w+)", rf"psi.{m}.all.\1.\2"),
            )
    if phi == "mlp":
        mlp("phi.mlp", "phi.0")
    else:
        for i in range(options["phi_layers"]):
            layer = f"phi.{phi}.layers.{i}"
            mlp(f"{layer}.mlp", f"phi.{i}.mlp")
            ours |= renamed(
                state,
                (rf"{layer}\.eps", rf"phi.{i}.eps"),
                (rf"{layer}\.maksed_deepset_layer\.fc_curr\.(\w+)", rf"phi.{i}.here.\1"),
                (rf"{layer}\.maksed_deepset_layer\.fc_all\.(\w+)", rf"phi.{i}.all.\1"),
            )
    return loaded(net, ours)


@pytest.mark.parametrize("name", [name for name in files("spe_*") if name != "spe_model_zinc"])
def test_spe(name):
    """The files do not say which activation psi has; the stored psi does."""
    options, of, state = opened(name)
    nets = [spe_with(name, options, state, kind) for kind in ("relu", "tanh")]
    there = torch.arange(of["Lambda"].size(1)) < torch.bincount(of["batch"])[:, None]
    errors = []
    for net in nets:
        counted = torch.ones_like(there) if net.variant == "official" else there
        found = [psi(of["Lambda"][..., None], counted) for psi in net.psi]
        errors.append(float((torch.cat(found, dim=-1) - of["psi"])[there].detach().abs().max()))
    assert min(errors) < 1e-12
    net = nets[errors.index(min(errors))]
    found = net(of["V"], of["Lambda"], of["edge_index"], of["batch"])
    torch.testing.assert_close(found, of["output"], rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", files("elene_features_k*"))
def test_ego_nets_hold_what_the_paper_describes(name):
    options, of, _ = opened(name)
    graphs = {key.split("/")[0] for key in of}
    assert graphs
    for graph in graphs:
        edge_index, num_nodes, _ = oracle_graph(graph)
        nets = ego_nets(simple_graph(edge_index, num_nodes), options["hops"])
        assert torch.equal(nets.root, of[f"{graph}/node_root"])
        assert torch.equal(nets.node, of[f"{graph}/node"])
        assert torch.equal(nets.hop, of[f"{graph}/node_hop"])
        assert torch.equal(nets.degrees, of[f"{graph}/node_degrees_intended"])
        if f"{graph}/edge" in of:
            root, edge = nets.edges(edge_index)
            assert torch.equal(root, of[f"{graph}/edge_root"])
            assert torch.equal(edge, of[f"{graph}/edge"])
            ends = [nets.rows_of(root, edge_index[side, edge]) for side in (0, 1)]
            hops = torch.stack([nets.hop[rows] for rows in ends], dim=1)
            degrees = torch.stack([nets.degrees[rows] for rows in ends], dim=1)
            assert torch.equal(hops, of[f"{graph}/edge_hops"])
            assert torch.equal(degrees, of[f"{graph}/edge_degrees_intended"])
    assert load_oracle("graphs.json").keys() >= graphs
