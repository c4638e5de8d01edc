"""Code lists with a nation and dates: data that changes every year, never hard enums."""

from placehub.codes.ages import band_of, bounds
from placehub.codes.lists import Code, CodeList, check, code_list, names, version

__all__ = ["Code", "CodeList", "band_of", "bounds", "check", "code_list", "names", "version"]
