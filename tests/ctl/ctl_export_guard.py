#!/usr/bin/env python3
"""The env file in difficult places: work trees of git, mounts, full disks, directories without write permission."""

import os
import shutil
import signal
import subprocess

import ctl
from daemon import program as ghostkeyd

MARK = "# GhostKey env file, format portable: written by ghostctl export, do not edit\n"


def git(directory, *arguments):
    subprocess.run(["git", "-C", directory, *arguments], check=True, capture_output=True,
                   env={"PATH": os.environ["PATH"], "HOME": str(directory)})


def a_work_tree_of_git_is_warned_of(check):
    if not shutil.which("git"):
        check.skip("warnings in work trees of git", "git is not installed")
        return
    with ctl.Ctl() as it:
        it.put("a", "1")
        ctl.quiet(check, it.run("export"), 0, "no word outside of a work tree")
        git(it.directory, "init", "--quiet")
        (it.directory / "sub").mkdir()
        env = it.environment(HOME=str(it.directory))
        for path in ("sub/.env.ghost", "new"):
            said = it.run("export", "-o", path, env=env)
            check.ok(said.status == 0 and "not ignored" in said.err and path in said.err,
                     f"{path}: not ignored", said)
        ctl.quiet(check, it.run("export", "-o", "new", env=env), 0, "no word if nothing is written")
        (it.directory / ".gitignore").write_text("*.ghost\n")
        it.put("a", "2")
        ctl.quiet(check, it.run("export", "-o", "sub/.env.ghost", env=env), 0, "ignored: no word")
        ctl.quiet(check, it.run("export", "-o", "new", "--quiet", env=env), 0, "--quiet")
        it.put("a", "3")
        said = it.run("export", "-o", "new", env=env | {"PATH": "/nowhere"})
        check.ok("could not tell" in said.err, "without git it is said that nobody knows", said)
        it.put("a", "4")
        with it.begin("export", "-o", "new", env=env, preexec_fn=ignore_children) as running:
            said = running.end()
        check.ok("not ignored" in said.err, "whoever ignores SIGCHLD is warned as well", said)


def ignore_children():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)


def as_root_in_a_mount_namespace(it, script):
    """A shell line with $G for ghostctl, where mounting is allowed -> Said, or None"""
    user = [] if os.getuid() == 0 else ["--user", "--map-root-user"]
    done = subprocess.run(["unshare", *user, "--mount", "sh", "-c", f"set -e; mount --make-rprivate / 2>/dev/null; {script}"],
                          capture_output=True, cwd=it.directory, check=False, timeout=ctl.DEADLINE_S,
                          env=it.environment(G=ctl.program()))
    return ctl.Said(done.returncode, done.stdout, done.stderr)


def mounting_works(it):
    return as_root_in_a_mount_namespace(it, "mkdir -p probe && mount -t tmpfs none probe").status == 0


def a_mounted_file_is_written_in_place(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        if not mounting_works(it):
            check.skip("mounted files and full disks", "mounting is not allowed here")
            return
        it.run("export", "-o", "mounted")
        it.put("a", "22")
        said = as_root_in_a_mount_namespace(
            it, 'mount --bind mounted mounted; "$G" export -o mounted && exit 9; cat mounted; '
            '"$G" export -o mounted --in-place; echo --; cat mounted; ls -A | tr "\\n" " "')
        check.ok(said.status == 0 and "--in-place" in said.err, "refused, with what helps", said)
        check.equal(said.out.decode(), f"{MARK}A=1\n--\n{MARK}A=22\nmounted probe ",
                    "--in-place writes it, and nothing is left behind")
        it.put("a", "3")
        it.run("export", "-o", "mounted", "--in-place")
        check.equal((it.directory / "mounted").read_text(), f"{MARK}A=3\n", "a shorter text is cut")
        check.equal((it.directory / "mounted").stat().st_mode & 0o777, 0o600, "mode 0600")
        (it.directory / "mine").write_text("MINE=1\n")
        check.equal(it.run("export", "-o", "mine", "--in-place").status, 1, "not over a file that GhostKey did not write")


def a_file_of_another_user_is_not_written_in_place(check):
    with ctl.Ctl() as it:
        if os.getuid() != 0:
            check.skip("files of another user", "only root can give a file away")
            return
        it.put("a", "1")
        it.run("export", "-o", "theirs")
        os.chown(it.directory / "theirs", 1, 1)
        it.put("a", "2")
        for options in ([], ["--in-place"]):
            said = it.run("export", "-o", "theirs", *options)
            check.ok(said.status == 1 and "belongs to another user" in said.err and
                     (it.directory / "theirs").read_text() == f"{MARK}A=1\n", f"{options}: refused, as it was", said)
        check.equal(it.run("export", "-o", "theirs", "--in-place", "--force").status, 0, "but with --force")
        check.equal((it.directory / "theirs").read_text(), f"{MARK}A=2\n", "it is written")


# A root folder that belongs to the test, as the current one: what is in it is the machine's folders.
IN_A_ROOT_FOLDER = """mount -t tmpfs none probe
for each in /*; do
    if [ -L "$each" ]; then cp -P "$each" probe
    elif [ -d "$each" ]; then mkdir "probe$each"; mount --rbind "$each" "probe$each"; fi
done
exec env PATH="$PATH:/usr/sbin:/sbin" chroot probe /bin/sh -ec 'cd /; """


def the_root_folder_is_like_any_other(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        if not mounting_works(it) or not shutil.which("git"):
            check.skip("the root folder", "mounting is not allowed here, or git is not installed")
            return
        said = as_root_in_a_mount_namespace(it, IN_A_ROOT_FOLDER + '"$G" export; "$G" export --check; cat /.env.ghost\'')
        check.equal((said.status, said.out.decode(), said.err), (0, f"{MARK}A=1\n", ""), "an export there, no work tree")
        said = as_root_in_a_mount_namespace(it, IN_A_ROOT_FOLDER + 'git init --quiet; echo "*.ghost" >.gitignore; "$G" export; "$G" export -o new; cd /tmp; "$G" export -o /more\'')
        warning = "ghostctl: warning: {} is in a git work tree and not ignored; add '{}' to its .gitignore before the secrets are committed\n"
        check.equal((said.status, said.err), (0, warning.format("new", "new") + warning.format("/more", "more")),
                    "in a work tree it is warned of what git does not ignore")
        said = as_root_in_a_mount_namespace(it, IN_A_ROOT_FOLDER + 'GHOSTKEY_SOCKET=${GHOSTKEY_SOCKET#/} "$G" env --api ghostkey\'')
        check.ok(said.status == 0 and f"GHOSTKEY_SOCKET={it.socket}\n" in said.out.decode().replace("'", ""), "a socket that is named from there", said)
        said = as_root_in_a_mount_namespace(
            it, f'export PATH="{os.path.dirname(ghostkeyd())}:$PATH"; ' + IN_A_ROOT_FOLDER +
            'echo B=2 >vars; "$G" sandbox --import vars --store kept -- "$G" export; "$G" sandbox --store kept -- "$G" get b; cat /.env.ghost\'')
        check.equal((said.status, said.out.decode(), said.err), (0, f"2\n{MARK}B=2\n", ""), "a sandbox there, with files of that folder")


def a_full_disk_leaves_the_old_file(check):
    with ctl.Ctl() as it:
        it.put("a", "x" * 60000)
        if not mounting_works(it):
            check.skip("full disks", "mounting is not allowed here")
            return
        for option in ("", "--in-place"):
            said = as_root_in_a_mount_namespace(
                it, "mount -t tmpfs -o size=16k none probe; "
                f"printf '%s' '{MARK}OLD=1\n' >probe/f; \"$G\" export -o probe/f {option} && exit 9; "
                "cat probe/f; ls -A probe")
            check.ok(said.status == 0 and "No space left" in said.err and "probe/f" in said.err,
                     f"full {option}: said", said)
            check.equal(said.out.decode(), f"{MARK}OLD=1\nf\n", f"full {option}: as it was")


def a_directory_without_write_permission_is_reported(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        if not mounting_works(it):
            check.skip("directories that cannot be written", "mounting is not allowed here")
            return
        said = as_root_in_a_mount_namespace(
            it, 'mount -t tmpfs -o ro none probe; "$G" export -o probe/f && exit 9; true')
        check.ok(said.status == 0 and "Read-only" in said.err and "probe/f" in said.err,
                 "a read-only one", said)


ctl.main(a_work_tree_of_git_is_warned_of, a_mounted_file_is_written_in_place,
         a_file_of_another_user_is_not_written_in_place,
         the_root_folder_is_like_any_other, a_full_disk_leaves_the_old_file, a_directory_without_write_permission_is_reported)
