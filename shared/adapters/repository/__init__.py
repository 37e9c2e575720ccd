"""A tenant's Git repository in Blob Storage, and Git over HTTP in front of it (mechanics.md 5 and 6).

    manifest        which refs and packs there are: one blob, changed by compare-and-set
    packs           immutable packs: upload, download into a folder of this machine, delete what is not listed
    storage_faults  Azure's errors in the product's words
    pack_table      finds and reads most objects of some packs at once
    pack_writer     writes packs of complete objects; copies compressed objects from one pack to another
    objects         reads objects from the listed packs
    trees           flattens, compares and edits trees
    reach           finds everything that a commit needs
    history         walks commits
    blob_repository the port `shared.ports.Repository`
    upkeep          repack, delete what is no longer listed
    messages        what Git over HTTP takes and gives: values without dulwich
    path_rules      what a name in a tree may be
    quarantine      inflates a push within limits, beside the repository
    push_review     what a push must be to be accepted
    receive_pack    the protocol's receiving side
    upload_pack     the protocol's sending side
    unborn          a clone of an empty repository begins with `main`
    smart_http      requests in, answers out

This module imports nothing: dulwich and azure load with the modules that use them, when they are used.
"""
