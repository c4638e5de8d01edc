"""The laws of sealing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placehub.errors import Misconfigured, Rejected
from placehub.keys.sealed import Sealed
from placehub.keys.sealing import NONCE_BYTES, DataKey, check_master, new_key, seal, unseal, unwrap, wrap

KEYS = st.binary(min_size=32, max_size=32)
COMPARTMENTS = st.sampled_from(["identity", "need", "household"])


def flipped(data: bytes, bit: int) -> bytes:
    """Return the bytes with one bit turned, counted from the first and round again."""
    turned = bytearray(data)
    turned[bit // 8 % len(data)] ^= 1 << bit % 8
    return bytes(turned)


@given(KEYS, st.uuids().map(str), COMPARTMENTS, st.binary(max_size=2000))
def test_what_is_sealed_opens(key: bytes, key_id: str, compartment: str, plaintext: bytes) -> None:
    """What was sealed comes back whole under its own key and compartment."""
    assert unseal(key, compartment, seal(key, key_id, compartment, plaintext)) == plaintext


@given(KEYS, st.binary(max_size=200), st.sampled_from(["key", "nonce", "ciphertext"]), st.integers(0, 10_000))
def test_a_flipped_bit_is_refused(key: bytes, plaintext: bytes, part: str, bit: int) -> None:
    """One bit turned in key, nonce or ciphertext, wherever it is, and nothing opens."""
    sealed = seal(key, "k1", "need", plaintext)
    if part == "key":
        key = flipped(key, bit)
    elif part == "nonce":
        sealed = replace(sealed, nonce=flipped(sealed.nonce, bit))
    else:
        sealed = replace(sealed, ciphertext=flipped(sealed.ciphertext, bit))
    with pytest.raises(Rejected):
        unseal(key, "need", sealed)


@given(KEYS, COMPARTMENTS, COMPARTMENTS, st.uuids().map(str), st.uuids().map(str))
def test_a_moved_part_is_refused(key: bytes, made: str, read: str, key_id: str, other_id: str) -> None:
    """A sealed part put in another compartment, or under another key's name, never opens."""
    sealed = seal(key, key_id, made, b"{}")
    for compartment, moved in ((read, sealed), (made, replace(sealed, key_id=other_id))):
        if (compartment, moved) != (made, sealed):
            with pytest.raises(Rejected):
                unseal(key, compartment, moved)


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_noise_is_refused(nonce: bytes, ciphertext: bytes) -> None:
    """Bytes that were never sealed are rejected as such, whatever their lengths."""
    with pytest.raises(Rejected):
        unseal(bytes(32), "need", Sealed(key_id="k1", nonce=nonce, ciphertext=ciphertext))


def test_the_refusal_does_not_quote() -> None:
    """The refusal of a tampered part holds neither its text nor its bytes."""
    key = new_key()
    sealed = seal(key, "k1", "need", b"canary")
    with pytest.raises(Rejected) as refusal:
        unseal(key, "need", replace(sealed, nonce=bytes(NONCE_BYTES)))
    assert "canary" not in str(refusal.value)
    assert str(sealed.ciphertext) not in str(refusal.value)


def test_the_same_text_never_looks_the_same() -> None:
    """Equal documents are sealed to different bytes, so that equality does not show."""
    key = new_key()
    assert len({seal(key, "k1", "need", b"same").ciphertext for _ in range(100)}) == 100


@given(KEYS, KEYS, st.text("ABCdef019-", min_size=1, max_size=40))
def test_a_wrapped_key_unwraps(master: bytes, key: bytes, organisation: str) -> None:
    """A wrapped key comes back under the same master key and organisation, and is not seen in its wrapping."""
    wrapped = wrap(master, organisation, key)
    assert unwrap(master, organisation, wrapped) == key
    assert key not in wrapped


@given(KEYS, KEYS, st.integers(0, 10_000))
def test_a_wrapping_fits_one_master_and_organisation(master: bytes, key: bytes, bit: int) -> None:
    """Another master key, another organisation or a flipped bit, and the key does not unwrap."""
    wrapped = wrap(master, "A", key)
    tries = [(flipped(master, bit), "A", wrapped), (master, "B", wrapped), (master, "A", flipped(wrapped, bit))]
    for with_master, organisation, what in tries:
        with pytest.raises(Misconfigured):
            unwrap(with_master, organisation, what)


def test_a_key_is_not_shown() -> None:
    """A data key's representation names it without showing it."""
    assert repr(DataKey("k1", b"canary")) == "DataKey(key_id='k1')"


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_wrong_master_key_stops_the_start(length: int) -> None:
    """A master key that is not 32 bytes is a plain misconfiguration."""
    with pytest.raises(Misconfigured, match="32 bytes"):
        check_master(bytes(length))
