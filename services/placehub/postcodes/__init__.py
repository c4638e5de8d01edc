"""Postcodes on the British National Grid and the authorities that run children's services there.

Contains public sector information licensed under the Open Government Licence v3.0 (Office for National Statistics);
contains Ordnance Survey and Royal Mail data, Crown copyright and database right.
"""

from placehub.postcodes.authorities import Authority, authorities, authority
from placehub.postcodes.directory import Place, Postcodes, Sector, distance_miles
from placehub.postcodes.notation import normalise, sector_of

__all__ = [
    "Authority",
    "Place",
    "Postcodes",
    "Sector",
    "authorities",
    "authority",
    "distance_miles",
    "normalise",
    "sector_of",
]
