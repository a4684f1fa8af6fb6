# What the setup scripts of the Java applications share, to be sourced from the root of the
# repository after interop/clients/common.sh.
# shellcheck shell=sh

# java_app NAME: compiles interop/apps/NAME into .cache/interop/NAME, with the libraries beside it.
java_app() {
  here=interop/apps/$1
  out=.cache/interop/$1
  set -- "$here/pom.xml" "$here/setup.sh" interop/apps/java/setup.sh \
    interop/apps/java/interop/apps/*.java "$here"/src/main/java/interop/*/*.java
  unchanged "$out/.stamp" "$@" && return
  # What was deleted from the sources or from pom.xml is not to be left in there.
  rm -rf "$out"
  mkdir -p "$out"
  have_java || { debian "$out/apt.log" maven openjdk-17-jdk-headless && have_java; } ||
    unavailable 'needs Maven and a JDK of 17 or newer (Debian: maven, openjdk-17-jdk-headless)'
  # One goal after the other: what cannot be had is another matter than what does not compile.
  mvn -B -ntp -f "$here/pom.xml" dependency:copy-dependencies >"$out/maven.log" 2>&1 ||
    unavailable "Maven cannot get what $here/pom.xml asks for: $out/maven.log"
  mvn -B -ntp -f "$here/pom.xml" build-helper:add-source@shared compiler:compile \
    >>"$out/maven.log" 2>&1 || broken "$here does not compile: $out/maven.log"
  stamp "$out/.stamp" "$@"
}

have_java() {
  command -v mvn >/dev/null && command -v java >/dev/null &&
    javac --release 17 --version >/dev/null 2>&1
}
