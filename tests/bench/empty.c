/* empty.c — what it costs to start any program: the start of ours is compared with it. */
int main(void)
{
    return 0;
}
