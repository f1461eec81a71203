"""Limits: lowered, never raised."""

from sagews.config.environment import Environment
from sagews.config.limits import Limits
from sagews.protocol import sagews_pb2 as pb
from sagews.service.limits import environment_limits, lowered, site_limits


def test_a_wish_lowers_and_never_raises() -> None:
    limits = site_limits(Limits(wall_time=60, output_bytes=1000, idle=0))
    result = lowered(limits, pb.Limits(wall_time=10, output_bytes=5000, idle=7))
    assert (result.wall_time, result.output_bytes, result.idle) == (10, 1000, 7)


def test_no_wish_changes_nothing() -> None:
    limits = site_limits(Limits())
    assert lowered(limits, pb.Limits()) == limits


def test_every_limit_of_the_site_is_one_on_the_wire() -> None:
    on_the_wire = {field.name for field in pb.Limits.DESCRIPTOR.fields}
    assert on_the_wire == set(Limits.__struct_fields__) - {"interrupt_pause", "file_bytes"}


def test_every_limit_can_be_lowered_and_none_raised() -> None:
    limits = pb.Limits(**{field.name: 10 for field in pb.Limits.DESCRIPTOR.fields})
    for field in pb.Limits.DESCRIPTOR.fields:
        assert getattr(lowered(limits, pb.Limits(**{field.name: 5})), field.name) == 5
        assert lowered(limits, pb.Limits(**{field.name: 11})) == limits


def test_an_environment_lowers_the_sites_limits() -> None:
    environment = Environment(name="strict", limits={"memory": 1000, "wall_time": 0.5})
    limits = environment_limits(Limits(memory=2000, idle=7), environment)
    assert (limits.memory, limits.wall_time, limits.idle) == (1000, 0.5, 7)
