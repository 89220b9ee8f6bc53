from signkit.synth.signer import make_signers


def test_a_signer_does_not_depend_on_how_many_are_asked_for():
    assert make_signers(9, seed=3)[:4] == make_signers(4, seed=3)


def test_signers_differ_in_what_makes_recognition_hard():
    signers = make_signers(6, seed=0)
    for name in ("shoulder_width_m", "tempo", "amplitude", "distance_m", "skin", "cloth"):
        assert len({getattr(signer, name) for signer in signers}) == 6


def test_one_signer_in_five_is_left_handed():
    assert sum(signer.left_handed for signer in make_signers(25, seed=8)) == 5
